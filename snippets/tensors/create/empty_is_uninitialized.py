import torch

buffer = torch.empty(2, 3)
print(buffer.shape, buffer.dtype)
#> torch.Size([2, 3]) torch.float32
print(buffer.fill_(1.0))
#> tensor([[1., 1., 1.],
#>         [1., 1., 1.]])

torch.use_deterministic_algorithms(True)
print(torch.empty(3))
#> tensor([nan, nan, nan])
