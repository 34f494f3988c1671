import torch
from torch import nn

layer = nn.Linear(2, 1)
model = nn.Sequential(layer, nn.Dropout(p=0.5)).eval()
x = torch.tensor([[1.0, 3.0]])
y = model(x)
print(torch.equal(y, layer(x)), y.requires_grad)
#> True True

y.sum().backward()
print(layer.weight.grad)
#> tensor([[1., 3.]])
