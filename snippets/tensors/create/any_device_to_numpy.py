# Needs: numpy
import torch

weight = torch.tensor([1.0, 2.0], requires_grad=True)
loss = (weight**2).sum()
print(weight.detach().cpu().numpy())
#> [1. 2.]
print(loss.item())
#> 5.0

try:
    torch.zeros(2, device="meta").numpy()
except TypeError as error:
    print(error)
    #> can't convert meta device type tensor to numpy. Use Tensor.cpu() ...
