import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x.clone()
print(y.requires_grad, y.is_leaf, y.data_ptr() == x.data_ptr())
#> True False False

(3 * y).sum().backward()
print(x.grad)
#> tensor([3., 3.])
