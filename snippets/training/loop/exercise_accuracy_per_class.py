import torch

labels = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2])
predictions = torch.tensor([0, 0, 0, 1, 1, 1, 0, 2])
right = labels[predictions == labels]
per_class = right.bincount(minlength=3) / labels.bincount(minlength=3)
print(per_class)
#> tensor([0.7500, 1.0000, 0.5000])
print((predictions == labels).float().mean())
#> tensor(0.7500)
