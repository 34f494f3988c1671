import torch

x = torch.ones(2, device="meta")
y = torch.ones(2, device="cpu")
try:
    print(x + y)
except RuntimeError as error:
    print(error)
    #> Tensor on device cpu is not on the expected device meta!

number = torch.tensor(2.0, device="cpu")
print((x + number).device)
#> meta
print((x + y.to(x.device)).device)
#> meta
