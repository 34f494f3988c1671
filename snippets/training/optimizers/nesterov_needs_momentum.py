import torch

w = torch.tensor([4.0], requires_grad=True)
try:
    torch.optim.SGD([w], lr=0.1, nesterov=True)
except ValueError as error:
    print(error)
    #> Nesterov momentum requires a momentum and zero dampening

optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, nesterov=True)
(w**2).sum().backward()
gradient = w.grad.item()
optimizer.step()
print(w.item(), 4.0 - 0.1 * (gradient + 0.9 * gradient))
#> 2.4800000190734863 2.48
