import torch
from torch import nn

norm = nn.BatchNorm1d(1, momentum=0.1)
mean, var = torch.zeros(1), torch.ones(1)
for start in 10.0, 20.0, 30.0:
    x = torch.tensor([[-2.0], [0.0], [2.0]]) + start
    norm(x)
    mean = 0.9 * mean + 0.1 * x.mean()
    var = 0.9 * var + 0.1 * x.var()
    print(norm.running_mean, norm.running_var, norm.num_batches_tracked)
#> tensor([1.]) tensor([1.3000]) tensor(1)
#> tensor([2.9000]) tensor([1.5700]) tensor(2)
#> tensor([5.6100]) tensor([1.8130]) tensor(3)
print(torch.allclose(norm.running_mean, mean), torch.allclose(norm.running_var, var))
#> True True
