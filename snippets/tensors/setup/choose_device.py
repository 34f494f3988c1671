import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Linear(3, 2).to(device)

for batch in torch.ones(8, 3).split(4):
    y = model(batch.to(device))
    print(y.shape)
#> torch.Size([4, 2])
#> torch.Size([4, 2])
assert y.device.type == device.type

print(y.to(y.device) is y)
#> True
print(y.cpu().device)
#> cpu
