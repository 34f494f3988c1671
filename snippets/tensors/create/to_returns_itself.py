import torch

x = torch.tensor([1.7, -1.7])
print(x.to(torch.float32) is x, x.float() is x)
#> True True
print(x.to(torch.float32, copy=True) is x)
#> False
print(x.to(torch.int64))
#> tensor([ 1, -1])
moved = x.to("cpu", torch.float64)
print(moved.dtype, moved.device)
#> torch.float64 cpu
