import torch
from torch import nn

pictures = torch.zeros(32, 28, 28)

rows = pictures.flatten(1)
print(rows.shape)
#> torch.Size([32, 784])
print(nn.Linear(784, 10)(rows).shape)
#> torch.Size([32, 10])

with_channel = pictures.unsqueeze(1)
print(with_channel.shape)
#> torch.Size([32, 1, 28, 28])
print(nn.Conv2d(1, 8, kernel_size=3)(with_channel).shape)
#> torch.Size([32, 8, 26, 26])
