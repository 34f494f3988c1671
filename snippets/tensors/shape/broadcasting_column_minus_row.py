import torch

prediction = torch.tensor([[1.0], [2.0], [3.0]])
target = torch.tensor([1.0, 2.0, 3.0])
print(prediction.shape, target.shape)
#> torch.Size([3, 1]) torch.Size([3])
print(prediction - target)
#> tensor([[ 0., -1., -2.],
#>         [ 1.,  0., -1.],
#>         [ 2.,  1.,  0.]])
print((prediction - target).pow(2).mean())
#> tensor(1.3333)

print(prediction.squeeze(1) - target)
#> tensor([0., 0., 0.])
