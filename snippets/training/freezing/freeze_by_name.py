from collections import OrderedDict

from torch import nn

layers = OrderedDict(conv1=nn.Conv2d(3, 8, 3), conv2=nn.Conv2d(8, 8, 3))
model = nn.Sequential(OrderedDict(backbone=nn.Sequential(layers), fc=nn.Linear(8, 2)))
for name, param in model.named_parameters():
    if name.startswith("backbone.conv1."):
        param.requires_grad = False
for name, param in model.named_parameters():
    print(name, param.requires_grad)
#> backbone.conv1.weight False
#> backbone.conv1.bias False
#> backbone.conv2.weight True
#> backbone.conv2.bias True
#> fc.weight True
#> fc.bias True
