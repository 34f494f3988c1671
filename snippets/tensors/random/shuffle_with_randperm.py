# Device: cpu
import torch

torch.manual_seed(0)
order = torch.randperm(4)
print(order)
#> tensor([0, 1, 3, 2])

features = torch.tensor([[0.0], [0.1], [0.2], [0.3]])
labels = torch.tensor([0, 1, 2, 3])
print(features[order].flatten(), labels[order])
#> tensor([0.0000, 0.1000, 0.3000, 0.2000]) tensor([0, 1, 3, 2])
print(order.sort().values)
#> tensor([0, 1, 2, 3])
