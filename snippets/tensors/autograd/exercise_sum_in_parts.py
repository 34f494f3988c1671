import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([3.0, 5.0, 7.0, 9.0])
w = torch.tensor(1.0, requires_grad=True)
((w * x - target) ** 2).sum().backward()
print(w.grad)
#> tensor(-80.)

w.grad = None
for x_part, target_part in zip(x.split([1, 3]), target.split([1, 3])):
    ((w * x_part - target_part) ** 2).sum().backward()
print(w.grad)
#> tensor(-80.)
print(w.grad / len(x))
#> tensor(-20.)
