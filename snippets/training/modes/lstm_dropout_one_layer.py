# Warns: UserWarning
import torch
from torch import nn

single = nn.LSTM(4, 8, dropout=0.5)
double = nn.LSTM(4, 8, num_layers=2, dropout=0.5)
x = torch.ones(3, 1, 4)
for lstm in single, double:
    first, second = lstm(x)[0], lstm(x)[0]
    print(lstm.num_layers, "layers, equal outputs:", torch.equal(first, second))
#> 1 layers, equal outputs: True
#> 2 layers, equal outputs: False
