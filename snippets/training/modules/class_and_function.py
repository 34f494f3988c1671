import torch
import torch.nn.functional as F
from torch import nn

x = torch.tensor([[-1.0, 2.0, 3.0, -4.0]])
linear = nn.Linear(4, 3)
print(torch.equal(linear(x), F.linear(x, linear.weight, linear.bias)))
#> True
print(torch.equal(nn.ReLU()(x), F.relu(x)))
#> True
print(torch.equal(nn.LayerNorm(4)(x), F.layer_norm(x, (4,))))
#> True
print(torch.equal(nn.Softmax(dim=1)(x), F.softmax(x, dim=1)))
#> True
