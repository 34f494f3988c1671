# Needs: numpy
# Device: cpu
import torch

weight = torch.tensor([1.0, 2.0], requires_grad=True)
try:
    weight.numpy()
except RuntimeError as error:
    print(error)
    #> Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() ...

array = weight.detach().numpy()
print(type(array).__name__, hasattr(array, "requires_grad"))
#> ndarray False
array[0] = 9
print(weight)
#> tensor([9., 2.], requires_grad=True)
