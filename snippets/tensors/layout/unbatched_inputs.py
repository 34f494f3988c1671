import torch
from torch import nn

image = torch.zeros(3, 32, 32)
print(nn.Conv2d(3, 8, 3)(image).shape, nn.MaxPool2d(2)(image).shape)
#> torch.Size([8, 30, 30]) torch.Size([3, 16, 16])
print(image.unsqueeze(0).shape)
#> torch.Size([1, 3, 32, 32])

sequence = torch.zeros(10, 4)
print(nn.Linear(4, 8)(sequence).shape)
#> torch.Size([10, 8])
print(nn.Conv1d(4, 8, 3)(sequence.t()).shape)
#> torch.Size([8, 8])
print(nn.LSTM(4, 8)(sequence)[0].shape)
#> torch.Size([10, 8])
print(nn.MultiheadAttention(4, 2)(sequence, sequence, sequence)[0].shape)
#> torch.Size([10, 4])
