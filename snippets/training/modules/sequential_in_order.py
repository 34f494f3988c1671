import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
x = torch.ones(2, 4)
assert torch.equal(model(x), model[2](model[1](model[0](x))))
print(len(model), model[1])
#> 3 ReLU()
print(model[:2](x).shape)
#> torch.Size([2, 8])

model.append(nn.Softmax(dim=1))
print(model(x).sum(dim=1))
#> tensor([1., 1.], grad_fn=<SumBackward1>)
