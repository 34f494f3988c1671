import torch

for dtype in (torch.float32, torch.bfloat16, torch.complex64, torch.int64, torch.bool):
    x = torch.ones(2, dtype=dtype)
    try:
        x.requires_grad = True
    except RuntimeError as error:
        print(error)
    print(dtype, x.requires_grad)
#> torch.float32 True
#> torch.bfloat16 True
#> torch.complex64 True
#> only Tensors of floating point and complex dtype can require gradients
#> torch.int64 False
#> only Tensors of floating point and complex dtype can require gradients
#> torch.bool False
