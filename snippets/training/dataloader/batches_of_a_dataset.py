import torch
from torch.utils.data import DataLoader, TensorDataset

x = torch.arange(10.0)
loader = DataLoader(TensorDataset(x, x**2), batch_size=4)
print(len(loader))
#> 3
for xb, yb in loader:
    print(xb, yb)
#> tensor([0., 1., 2., 3.]) tensor([0., 1., 4., 9.])
#> tensor([4., 5., 6., 7.]) tensor([16., 25., 36., 49.])
#> tensor([8., 9.]) tensor([64., 81.])
