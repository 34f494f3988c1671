import torch
from torch import nn

model = nn.Linear(4, 2)
parameters = model.parameters()
print(sum(p.numel() for p in parameters))
#> 10
try:
    torch.optim.SGD(parameters, lr=0.1)
except ValueError as error:
    print(error)
    #> optimizer got an empty parameter list

parameters = list(model.parameters())
print(sum(p.numel() for p in parameters), len(parameters))
#> 10 2
