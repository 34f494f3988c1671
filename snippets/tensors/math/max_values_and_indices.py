import torch

x = torch.tensor([[1, 5, 3], [9, 2, 7]])
best = x.max(dim=1)
print(best)
#> torch.return_types.max(
#> values=tensor([5, 9]),
#> indices=tensor([1, 0]))
print(best.values, best.indices)
#> tensor([5, 9]) tensor([1, 0])

values, indices = torch.min(x, 1, keepdim=True)
print(values.shape, indices.tolist())
#> torch.Size([2, 1]) [[0], [1]]

print(x.max(), x.min())
#> tensor(9) tensor(1)
print(x.argmax(dim=1), x.argmin())
#> tensor([1, 0]) tensor(0)
