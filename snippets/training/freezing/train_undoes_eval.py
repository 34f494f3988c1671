import torch
from torch import nn

model = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1))
model[0].eval()
for epoch in range(2):
    model.train()
    model(torch.tensor([[2.0], [4.0]]))
    print(epoch, model[0].training, model[0].running_mean)
#> 0 True tensor([0.3000])
#> 1 True tensor([0.5700])
