# Needs: numpy
# Device: cpu
import torch

x = torch.zeros(2)
print(x.cpu() is x)
#> True
array = x.cpu().numpy()
array[0] = 7
print(x)
#> tensor([7., 0.])

snapshot = x.cpu().numpy().copy()
snapshot[0] = 0
print(x)
#> tensor([7., 0.])
