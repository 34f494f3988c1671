import torch
from torch import nn

model = nn.Sequential(nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3))
x = torch.ones(2, 5, 4)
try:
    model(x)
except TypeError as error:
    print(error)
    #> linear(): argument 'input' (position 1) must be Tensor, not tuple

lstm, linear = model
states, last = lstm(x)
print(linear(states).shape)
#> torch.Size([2, 5, 3])
