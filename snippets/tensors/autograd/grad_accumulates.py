import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
for step in range(3):
    (x * 5).sum().backward()
    print(x.grad)
#> tensor([5., 5.])
#> tensor([10., 10.])
#> tensor([15., 15.])

x.grad = None
(x * 5).sum().backward()
print(x.grad)
#> tensor([5., 5.])
