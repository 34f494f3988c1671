import torch
from torch import nn

batch, length, features = 2, 10, 4
x = torch.zeros(batch, length, features)

output, (hidden, cell) = nn.LSTM(features, 8)(x)
print(output.shape, hidden.shape)
#> torch.Size([2, 10, 8]) torch.Size([1, 10, 8])

output, (hidden, cell) = nn.LSTM(features, 8, batch_first=True)(x)
print(output.shape, hidden.shape)
#> torch.Size([2, 10, 8]) torch.Size([1, 2, 8])
