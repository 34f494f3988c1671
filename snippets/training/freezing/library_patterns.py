# Needs: snippets
import re
from collections import OrderedDict

from snippets.freezing import freeze
from torch import nn

layers = OrderedDict(conv1=nn.Conv2d(1, 2, 3), conv2=nn.Conv2d(2, 2, 3))
model = nn.Sequential(OrderedDict(backbone=nn.Sequential(layers), fc=nn.Linear(2, 2)))
print(freeze(model, "*.conv1").names)
#> ['backbone.conv1.weight', 'backbone.conv1.bias']
print(freeze(model, re.compile("bias$")).names)
#> ['backbone.conv2.bias', 'fc.bias']
print(freeze(model, model.backbone).names)
#> ['backbone.conv2.weight']
try:
    freeze(model, "backbone.convl")
except ValueError as error:
    print(error)
    #> 'backbone.convl' selects nothing: try 'backbone.conv2' or ...
