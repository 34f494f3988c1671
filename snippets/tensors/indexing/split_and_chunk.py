import torch

x = torch.arange(10)
print([part.tolist() for part in x.split(4)])
#> [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
print([part.tolist() for part in x.split([1, 2, 7])])
#> [[0], [1, 2], [3, 4, 5, 6, 7, 8, 9]]
print([part.tolist() for part in x.chunk(3)])
#> [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
print([part.tolist() for part in x.tensor_split(3)])
#> [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]

first, second = torch.tensor([[1, 2], [3, 4]]).unbind(dim=0)
print(first, second)
#> tensor([1, 2]) tensor([3, 4])

x.split(5)[0].zero_()
print(x)
#> tensor([0, 0, 0, 0, 0, 5, 6, 7, 8, 9])
