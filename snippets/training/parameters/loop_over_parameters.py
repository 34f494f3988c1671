from torch import nn

model = nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2))
for parameter in model.parameters():
    print(tuple(parameter.shape), parameter.requires_grad)
#> (2, 4) True
#> (2,) True
#> (2,) True
#> (2,) True
for name, parameter in model.named_parameters():
    print(name, tuple(parameter.shape))
#> 0.weight (2, 4)
#> 0.bias (2,)
#> 1.weight (2,)
#> 1.bias (2,)
for name, tensor in model.state_dict().items():
    print(name, tuple(tensor.shape), tensor.requires_grad)
#> 0.weight (2, 4) False
#> 0.bias (2,) False
#> 1.weight (2,) False
#> 1.bias (2,) False
#> 1.running_mean (2,) False
#> 1.running_var (2,) False
#> 1.num_batches_tracked () False
