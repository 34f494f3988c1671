import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([3.0, 5.0, 7.0, 9.0])
w = torch.tensor(1.0, requires_grad=True)
((w * x - target) ** 2).mean().backward()
print(w.grad)
#> tensor(-20.)

w.grad = None
parts = 2
for x_part, target_part in zip(x.chunk(parts), target.chunk(parts)):
    loss = ((w * x_part - target_part) ** 2).mean()
    (loss / parts).backward()
    print(w.grad)
#> tensor(-4.)
#> tensor(-20.)
