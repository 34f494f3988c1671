import torch

a, b = (torch.nn.Parameter(torch.zeros(1)) for _ in "ab")
optimizer = torch.optim.SGD([a, b], lr=0.1, momentum=0.9)
a.grad, b.grad = torch.tensor([1.0]), torch.tensor([5.0])
optimizer.step()
print(optimizer.state[a]["momentum_buffer"], optimizer.state[b]["momentum_buffer"])
#> tensor([1.]) tensor([5.])

swapped = torch.optim.SGD([b, a], lr=0.1, momentum=0.9)
swapped.load_state_dict(optimizer.state_dict())
print(swapped.state[a]["momentum_buffer"], swapped.state[b]["momentum_buffer"])
#> tensor([5.]) tensor([1.])

try:
    torch.optim.SGD([a], lr=0.1).load_state_dict(optimizer.state_dict())
except ValueError as error:
    print(error)
    #> loaded state dict contains a parameter group that doesn't match the size of ...
