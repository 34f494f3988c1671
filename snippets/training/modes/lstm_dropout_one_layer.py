# Warns: UserWarning
import torch
from torch import nn

single = nn.LSTM(4, 8, dropout=0.5)
double = nn.LSTM(4, 8, num_layers=2, dropout=0.5)
x = torch.ones(3, 1, 4)
for lstm in single, double:
    print(torch.equal(lstm(x)[0], lstm(x)[0]))
#> True
#> False
