import torch
from torch import nn

x = torch.zeros(2, 10, 4)
print(nn.Linear(4, 8)(x).shape)
#> torch.Size([2, 10, 8])
print(nn.Conv1d(4, 8, 3)(x.transpose(1, 2)).shape)
#> torch.Size([2, 8, 8])

steps = x.transpose(0, 1)
output, (hidden, cell) = nn.LSTM(4, 8)(steps)
print(output.shape, hidden.shape)
#> torch.Size([10, 2, 8]) torch.Size([1, 2, 8])
output, weights = nn.MultiheadAttention(4, 2)(steps, steps, steps)
print(output.shape, weights.shape)
#> torch.Size([10, 2, 4]) torch.Size([2, 10, 10])

attention = nn.MultiheadAttention(4, 2, batch_first=True)
print(attention(x, x, x)[0].shape, attention(x, x, x)[1].shape)
#> torch.Size([2, 10, 4]) torch.Size([2, 10, 10])
