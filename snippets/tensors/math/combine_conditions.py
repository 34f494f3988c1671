import torch

x = torch.tensor([-2, 1, 4, 7])
print((x > 0) & (x < 5))
#> tensor([False,  True,  True, False])
print((x < 0) | (x > 5))
#> tensor([ True, False, False,  True])
print(~(x > 0))
#> tensor([ True, False, False, False])

try:
    print((x > 0) and (x < 5))
except RuntimeError as error:
    print(error)
    #> Boolean value of Tensor with more than one value is ambiguous
