import torch

x = torch.tensor([1.0, -2.0])
bits = x.view(torch.int32)
print([hex(value & 0xFFFFFFFF) for value in bits.tolist()])
#> ['0x3f800000', '0xc0000000']
print(x.to(torch.int32))
#> tensor([ 1, -2], dtype=torch.int32)

bits[0] = 0x40400000
print(x)
#> tensor([ 3., -2.])
print(x.view(torch.uint8).shape)
#> torch.Size([8])
