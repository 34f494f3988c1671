import torch

a = torch.tensor([0.1, 0.2], dtype=torch.float64) + 0.2
b = torch.tensor([0.3, 0.4], dtype=torch.float64)
print(a == b)
#> tensor([False,  True])
print(torch.isclose(a, b))
#> tensor([True, True])
print(torch.allclose(a, b))
#> True

try:
    torch.testing.assert_close(a, b + 0.1)
except AssertionError as error:
    print(str(error).splitlines()[0])
    #> Tensor-likes are not close!
