import torch

print(len(torch.arange(0, 1, 0.1)))
#> 10
points = torch.linspace(0, 1, steps=11)
print(len(points))
#> 11
print(points)
#> tensor([0.0000, 0.1000, 0.2000, 0.3000, 0.4000, 0.5000, 0.6000, 0.7000, 0.8000,
#>         0.9000, 1.0000])
