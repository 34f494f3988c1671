# Device: cpu
import torch

torch.manual_seed(0)
x = torch.empty(3)
print(x.uniform_(-1, 1))
#> tensor([-0.0075,  0.5364, -0.8230])
print(x.normal_(10, 2))
#> tensor([10.7287, 10.2688, 10.3284])
print(x.random_(0, 10))
#> tensor([6., 6., 9.])
x.exponential_()
assert (x >= 0).all()
assert x.dtype == torch.float32
