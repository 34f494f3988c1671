import torch

x = torch.tensor([1.0, 2.0, 3.0])
print(torch.pow(x, 2), x**2)
#> tensor([1., 4., 9.]) tensor([1., 4., 9.])
print(torch.pow(2, x))
#> tensor([2., 4., 8.])
print(x.pow(torch.tensor([3.0, 2.0, 1.0])))
#> tensor([1., 4., 3.])
print(x.sqrt(), torch.exp(torch.zeros(2)))
#> tensor([1.0000, 1.4142, 1.7321]) tensor([1., 1.])
print(x * x + 1)
#> tensor([ 2.,  5., 10.])
