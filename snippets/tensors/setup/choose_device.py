import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Linear(3, 2).to(device)
x = torch.ones(4, 3, device=device)

y = model(x)
print(y.device.type == device.type)
#> True
print(y.to(y.device) is y)
#> True
print(y.cpu().device)
#> cpu
