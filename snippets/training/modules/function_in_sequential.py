import torch
import torch.nn.functional as F
from torch import nn

try:
    nn.Sequential(nn.Linear(4, 3), F.relu)
except TypeError as error:
    print(error)
    #> torch.nn.functional.relu is not a Module subclass

model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
y = model(torch.ones(2, 4))
print(y.shape)
#> torch.Size([2, 3])
assert (y >= 0).all()
