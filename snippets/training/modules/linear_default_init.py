from torch import nn

layer = nn.Linear(100, 500)
print("bound", 1 / 100**0.5)
#> bound 0.1
for values in layer.weight, layer.bias:
    largest = values.abs().max().item()
    print(f"largest {largest:.2f}")
    assert 0.08 < largest <= 0.1
#> largest 0.10
#> largest 0.10

before = layer.weight.clone()
layer.reset_parameters()
changed = (layer.weight != before).float().mean()
print(f"{changed:.2f} of the weights are new")
#> 1.00 of the weights are new
