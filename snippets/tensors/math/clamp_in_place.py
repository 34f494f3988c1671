import torch

x = torch.tensor([-3.0, 0.5, 3.0])
y = x.clamp_(-1, 1)
print(x)
#> tensor([-1.0000,  0.5000,  1.0000])
print(y is x)
#> True

counts = torch.tensor([1, 2, 3])
print(counts.clamp(max=2.5))
#> tensor([1.0000, 2.0000, 2.5000])
try:
    counts.clamp_(max=2.5)
except RuntimeError as error:
    print(error)
    #> result type Float can't be cast to the desired output type long int
