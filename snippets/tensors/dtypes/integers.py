import torch

for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
    info = torch.iinfo(dtype)
    print(f"{dtype} {dtype.itemsize} bytes, {info.min} to {info.max}")
#> torch.uint8 1 bytes, 0 to 255
#> torch.int8 1 bytes, -128 to 127
#> torch.int16 2 bytes, -32768 to 32767
#> torch.int32 4 bytes, -2147483648 to 2147483647
#> torch.int64 8 bytes, -9223372036854775808 to 9223372036854775807
