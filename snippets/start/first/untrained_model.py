# Device: cpu
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
images = torch.rand(5, 64)  # stands for five pictures
logits = model(images)
print(logits.shape)
#> torch.Size([5, 10])
print(logits.argmax(dim=1))
#> tensor([0, 0, 0, 0, 0])
