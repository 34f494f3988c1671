import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([3.0, 5.0, 7.0, 9.0])
w = torch.tensor(1.0, requires_grad=True)
for step in range(3):
    ((w * x - target) ** 2).mean().backward()
    print(w.grad)
#> tensor(-20.)
#> tensor(-40.)
#> tensor(-60.)

w.grad = None
((w * x - target) ** 2).mean().backward()
print(w.grad)
#> tensor(-20.)
