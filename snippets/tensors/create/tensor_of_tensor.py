# Warns: UserWarning
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
warned = torch.tensor(x)
copied = x.detach().clone()
print(torch.equal(warned, copied))
#> True
print(warned.requires_grad, copied.requires_grad)
#> False False
