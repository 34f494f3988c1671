import torch

w = torch.tensor([1.0, 2.0], requires_grad=True).double()
print(w.is_leaf)
#> False
print(torch.ones(2, requires_grad=True).to("meta").is_leaf)
#> False

w = torch.tensor([1.0, 2.0]).double().requires_grad_()
print(w.is_leaf)
#> True
(w**2).sum().backward()
print(w.grad)
#> tensor([2., 4.], dtype=torch.float64)
