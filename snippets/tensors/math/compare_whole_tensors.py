import torch

a = torch.tensor([1, 2, 3])
b = torch.tensor([3, 2, 1])
print(torch.equal(a, b), torch.equal(a, b.flip(0)))
#> False True
print((a == b).any(), (a == b).all())
#> tensor(True) tensor(False)

try:
    if a == b:
        print("equal")
except RuntimeError as error:
    print(error)
    #> Boolean value of Tensor with more than one value is ambiguous
