import torch

losses = torch.tensor([0.5, 0.25])
print(losses.tolist(), losses.mean().item())
#> [0.5, 0.25] 0.375
print(int(torch.tensor(3.7)), float(torch.tensor(2)))
#> 3 2.0
print(torch.tensor([0.1]).item())
#> 0.10000000149011612
try:
    losses.item()
except RuntimeError as error:
    print(error)
    #> a Tensor with 2 elements cannot be converted to Scalar
