import torch

x = torch.tensor([-3.0, -0.5, 0.5, 3.0])
print(x.clamp(-1, 1))
#> tensor([-1.0000, -0.5000,  0.5000,  1.0000])
print(x.clamp(min=0))
#> tensor([0.0000, 0.0000, 0.5000, 3.0000])
print(torch.clamp(x, max=1))
#> tensor([-3.0000, -0.5000,  0.5000,  1.0000])

low = torch.tensor([-2.0, 0.0, 0.0, 4.0])
print(x.clamp(min=low))
#> tensor([-2.0000,  0.0000,  0.5000,  4.0000])
print(x)
#> tensor([-3.0000, -0.5000,  0.5000,  3.0000])
