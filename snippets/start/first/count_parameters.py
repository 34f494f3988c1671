from torch import nn

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
for name, parameter in model.named_parameters():
    print(name, tuple(parameter.shape), parameter.numel())
#> 0.weight (32, 64) 2048
#> 0.bias (32,) 32
#> 2.weight (10, 32) 320
#> 2.bias (10,) 10
total = sum(parameter.numel() for parameter in model.parameters())
print(total)
#> 2410
assert total == (64 * 32 + 32) + (32 * 10 + 10)
