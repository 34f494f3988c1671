import torch
from torch import nn

torch.save(nn.Linear(2, 1).to(torch.bfloat16).state_dict(), "half.pt")
model = nn.Linear(2, 1)
model.load_state_dict(torch.load("half.pt"))
print(model.weight.dtype)
#> torch.float32
model.load_state_dict(torch.load("half.pt"), assign=True)
print(model.weight.dtype)
#> torch.bfloat16
