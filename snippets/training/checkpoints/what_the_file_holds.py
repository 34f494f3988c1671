import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.BatchNorm1d(2))
torch.save(model.state_dict(), "model.pt")
for name, tensor in torch.load("model.pt").items():
    print(name, list(tensor.shape))
#> 0.weight [2, 4]
#> 0.bias [2]
#> 2.weight [2]
#> 2.bias [2]
#> 2.running_mean [2]
#> 2.running_var [2]
#> 2.num_batches_tracked []
