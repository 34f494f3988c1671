import torch
from torch import nn

norm, dropout = nn.BatchNorm1d(64), nn.Dropout(p=0.5)
model = nn.Sequential(nn.Linear(4, 64), norm, dropout, nn.Linear(64, 1)).eval()
for module in model.modules():
    if isinstance(module, nn.Dropout):
        module.train()

x = torch.ones(1, 4)
with torch.inference_mode():
    samples = torch.cat([model(x) for _ in range(50)])
print(samples.shape)
#> torch.Size([50, 1])
print("standard deviation", samples.std().item())
#> standard deviation ...
assert samples.std() > 0
print(norm.num_batches_tracked)
#> tensor(0)
