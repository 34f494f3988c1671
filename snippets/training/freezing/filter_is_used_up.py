import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 3).requires_grad_(False), nn.Linear(3, 2))
trainable = filter(lambda p: p.requires_grad, model.parameters())
print(sum(p.numel() for p in trainable))
#> 8
try:
    torch.optim.SGD(trainable, lr=0.1)
except ValueError as error:
    print(error)
    #> optimizer got an empty parameter list
