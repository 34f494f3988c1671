import torch

x = torch.tensor([255, 256, 300, -1])
print(x.to(torch.uint8))
#> tensor([255,   0,  44, 255], dtype=torch.uint8)
print(torch.tensor([100], dtype=torch.int8) + 100)
#> tensor([-56], dtype=torch.int8)

try:
    torch.tensor([300], dtype=torch.uint8)
except RuntimeError as error:
    print(error)
    #> value cannot be converted to type uint8 without overflow
