import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
w = torch.tensor(1.0, requires_grad=True)
prediction = w * x
squares = x**2
print(x.is_leaf, w.is_leaf, prediction.is_leaf, squares.is_leaf)
#> True True False True
print(x.grad_fn, w.grad_fn, squares.grad_fn)
#> None None None
print(prediction.grad_fn.name())
#> MulBackward0

prediction.sum().backward()
print(w.grad, x.grad)
#> tensor(10.) None
