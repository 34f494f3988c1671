# Device: cpu
import torch

torch.manual_seed(0)
print(torch.bernoulli(torch.tensor([0.0, 1.0, 1.0])))
#> tensor([0., 1., 1.])

flips = torch.bernoulli(torch.full((10_000,), 0.3))
print(flips.unique(), f"{flips.mean():.2f}")
#> tensor([0., 1.]) 0.30
try:
    torch.bernoulli(torch.tensor([1.5]))
except RuntimeError as error:
    print(error)
    #> Expected p_in >= 0 && p_in <= 1 to be true, but got false. ...
