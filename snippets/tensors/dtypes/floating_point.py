import torch

for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
    info = torch.finfo(dtype)
    print(f"{dtype} {dtype.itemsize} bytes, max {info.max:.3g}, eps {info.eps:.3g}")
#> torch.float64 8 bytes, max 1.8e+308, eps 2.22e-16
#> torch.float32 4 bytes, max 3.4e+38, eps 1.19e-07
#> torch.float16 2 bytes, max 6.55e+04, eps 0.000977
#> torch.bfloat16 2 bytes, max 3.39e+38, eps 0.00781

print(torch.zeros(1000, dtype=torch.bfloat16).nbytes)
#> 2000
