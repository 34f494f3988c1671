from torch import nn

model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
state = model.state_dict()
print(type(state).__name__, type(state["0.weight"]).__name__)
#> OrderedDict Tensor
for name in state:
    print(name)
#> 0.weight
#> 0.bias
#> 1.weight
#> 1.bias
#> 1.running_mean
#> 1.running_var
#> 1.num_batches_tracked
