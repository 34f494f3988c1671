import torch

x = torch.tensor([[1, 2], [3, 4]])
try:
    x.mean()
except RuntimeError as error:
    print(error)
    #> mean(): could not infer output dtype. Input dtype must be either a floating ...

print(x.mean(dtype=torch.float32))
#> tensor(2.5000)
print(x.float().mean(dim=0))
#> tensor([2., 3.])

images = torch.ones(8, 3, 4, 5)
print(images.mean(dim=(0, 2, 3)))
#> tensor([1., 1., 1.])
