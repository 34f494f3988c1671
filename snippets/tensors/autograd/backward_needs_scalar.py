import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x**2
try:
    y.backward()
except RuntimeError as error:
    print(error)
    #> grad can be implicitly created only for scalar outputs

y.backward(gradient=torch.tensor([1.0, 10.0, 100.0]))
print(x.grad)
#> tensor([  2.,  40., 600.])
