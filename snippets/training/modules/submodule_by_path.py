from torch import nn

block = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
model = nn.Sequential(block, nn.Linear(8, 3))
print(model.get_submodule("0.0"))
#> Linear(in_features=4, out_features=8, bias=True)
print(model.get_submodule("0.0") is model[0][0])
#> True
print(model.get_submodule("") is model)
#> True
print(model.get_parameter("1.bias").shape)
#> torch.Size([3])
