from collections import OrderedDict

from torch import nn

model = nn.Sequential(
    OrderedDict(hidden=nn.Linear(4, 8), relu=nn.ReLU(), output=nn.Linear(8, 3))
)
print(model.output)
#> Linear(in_features=8, out_features=3, bias=True)
print(list(model.state_dict()))
#> ['hidden.weight', 'hidden.bias', 'output.weight', 'output.bias']
