import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([3.0, 5.0, 7.0, 9.0])
w = torch.tensor(1.0, requires_grad=True)
b = torch.tensor(0.0, requires_grad=True)
loss = ((w * x + b - target) ** 2).mean()
loss.backward(inputs=[b])
print(w.grad, b.grad)
#> None tensor(-7.)
