import torch

x = torch.tensor([1, 2])
try:
    x += 0.5
except RuntimeError as error:
    print(error)
    #> result type Float can't be cast to the desired output type Long
print(x + 0.5)
#> tensor([1.5000, 2.5000])

small = torch.tensor([1, 2], dtype=torch.int8)
small += torch.tensor([100, 300])
print(small)
#> tensor([101,  46], dtype=torch.int8)

print(torch.can_cast(torch.float32, torch.int64))
#> False
print(torch.can_cast(torch.int64, torch.int8))
#> True
