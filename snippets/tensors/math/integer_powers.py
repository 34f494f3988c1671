import torch

x = torch.tensor([1, 2, 3])
print(x**2, x**0.5)
#> tensor([1, 4, 9]) tensor([1.0000, 1.4142, 1.7321])

try:
    x**-1
except RuntimeError as error:
    print(error)
    #> Integers to negative integer powers are not allowed.
print(x**-1.0)
#> tensor([1.0000, 0.5000, 0.3333])
print(torch.tensor(2) ** torch.tensor([62, 63, 64]))
#> tensor([ 4611686018427387904, -9223372036854775808,                    0])
