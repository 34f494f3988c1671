import torch
from torch import nn

dropout, layer = nn.Dropout(p=0.5), nn.Linear(1000, 2)
noisy = dropout(torch.ones(1, 1000))
zero = noisy[0] == 0
layer(noisy).sum().backward()
print((layer.weight == 0).any())
#> tensor(False)
print(layer.weight.grad[:, zero].unique(), layer.weight.grad[:, ~zero].unique())
#> tensor([0.]) tensor([2.])
