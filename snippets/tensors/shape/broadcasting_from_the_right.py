import torch

hours = torch.tensor([[0], [60], [120]])
minutes = torch.tensor([15, 30])
print(hours + minutes)
#> tensor([[ 15,  30],
#>         [ 75,  90],
#>         [135, 150]])

pixels = torch.zeros(8, 3, 4, 5)
mean = torch.tensor([0.4, 0.5, 0.6])
try:
    pixels - mean
except RuntimeError as error:
    print(error)
    #> The size of tensor a (5) must match ... (3) at non-singleton dimension 3
print((pixels - mean.view(3, 1, 1)).shape)
#> torch.Size([8, 3, 4, 5])
print(torch.broadcast_shapes((8, 3, 4, 5), (3, 1, 1)))
#> torch.Size([8, 3, 4, 5])
print(mean.view(3, 1, 1).broadcast_to(3, 4, 5).stride())
#> (1, 0, 0)
