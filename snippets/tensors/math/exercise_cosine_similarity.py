import torch

x = torch.tensor([[3.0, 4.0], [4.0, 3.0], [-4.0, 3.0]])
length = x.pow(2).sum(dim=1, keepdim=True).sqrt()
print(length.shape)
#> torch.Size([3, 1])

unit = x / length
print(unit @ unit.mT)
#> tensor([[ 1.0000,  0.9600,  0.0000],
#>         [ 0.9600,  1.0000, -0.2800],
#>         [ 0.0000, -0.2800,  1.0000]])
