import torch

w = torch.tensor(2.0, requires_grad=True)
unused = torch.tensor(1.0, requires_grad=True)
loss = w**2
try:
    torch.autograd.grad(loss, unused, retain_graph=True)
except RuntimeError as error:
    print(error)
    #> ... not have been used in the graph. Set allow_unused=True if this is the ...

print(torch.autograd.grad(loss, (w, unused), retain_graph=True, allow_unused=True))
#> (tensor(4.), None)
zeros = torch.autograd.grad(loss, unused, materialize_grads=True)
print(zeros[0].item())
#> 0.0
