import torch

half = torch.ones(2, dtype=torch.float16)
print((half * 2.5).dtype)
#> torch.float16
print((half * torch.tensor(2.5, dtype=torch.float64)).dtype)
#> torch.float16
print((half * torch.tensor([2.5], dtype=torch.float64)).dtype)
#> torch.float64

whole = torch.tensor([1, 2])
print((whole * 2.5).dtype, (whole * 1j).dtype)
#> torch.float32 torch.complex64
print(torch.result_type(whole, 2.5))
#> torch.float32
