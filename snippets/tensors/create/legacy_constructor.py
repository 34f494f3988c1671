# Needs: numpy
# Device: cpu
import numpy as np
import torch

print(isinstance(torch.Tensor, type), isinstance(torch.tensor, type))
#> True False
labels = np.array([3, 1])
print(torch.Tensor(labels), torch.tensor(labels))
#> tensor([3., 1.]) tensor([3, 1])
count = np.array(3)
print(torch.Tensor(count).shape, torch.tensor(count))
#> torch.Size([3]) tensor(3)

features = np.array([1.0, 2.0], dtype=np.float32)
print(np.shares_memory(features, torch.Tensor(features)))
#> True
print(np.shares_memory(features, torch.Tensor(features.astype(np.float64))))
#> False
