import torch

x = torch.tensor(2.0)
w = torch.tensor(3.0, requires_grad=True)
y = w * x
z = (x + 1) ** 2
print(x.is_leaf, w.is_leaf, y.is_leaf, z.is_leaf)
#> True True False True
print(x.grad_fn, w.grad_fn, z.grad_fn)
#> None None None
print(y.grad_fn.name())
#> MulBackward0

y.backward()
print(w.grad, x.grad)
#> tensor(2.) None
