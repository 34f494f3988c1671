import torch

x = torch.tensor([1e-8, 0.1, 70000.0])
print(x.to(torch.float16))
#> tensor([0.0000, 0.1000,    inf], dtype=torch.float16)
print(x.to(torch.bfloat16))
#> tensor([1.0012e-08, 1.0010e-01, 7.0144e+04], dtype=torch.bfloat16)

one = torch.tensor(1.0)
print(one.half() + 0.001, one.bfloat16() + 0.001)
#> tensor(1.0010, dtype=torch.float16) tensor(1., dtype=torch.bfloat16)
