import torch

x = torch.tensor([0.0, -0.0, 0.5, float("nan")])
print(x.bool())
#> tensor([False, False,  True,  True])

mask = torch.tensor([True, True, False])
print(mask.sum(), mask + mask)
#> tensor(2) tensor([ True,  True, False])
print(~mask)
#> tensor([False, False,  True])
try:
    mask - mask
except RuntimeError as error:
    print(error)
    #> Subtraction, the `-` operator, with two bool tensors is not supported. ...
