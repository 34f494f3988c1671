import torch
from torch import nn

model = nn.Module()
model.register_buffer("mean", torch.zeros(2))
model.mean = torch.tensor([1.0, 2.0])
print([name for name, _ in model.named_buffers()], model.mean)
#> ['mean'] tensor([1., 2.])
try:
    model.mean = [1.0, 2.0]
except TypeError as error:
    print(error)
    #> cannot assign 'list' as buffer 'mean' ... or None expected)
