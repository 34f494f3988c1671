import copy

import torch


def train(w, optimizer):
    for step in range(10):
        optimizer.zero_grad()
        (w**2).sum().backward()
        optimizer.step()
    return round(w.item(), 4)


w = torch.tensor([4.0], requires_grad=True)
optimizer = torch.optim.Adam([w], lr=0.1)
train(w, optimizer)
resumed, fresh = (w.detach().clone().requires_grad_() for _ in range(2))
resumed_optimizer = torch.optim.Adam([resumed], lr=0.1)
resumed_optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
print(train(w, optimizer))
#> 2.0804
print(train(resumed, resumed_optimizer))
#> 2.0804
print(train(fresh, torch.optim.Adam([fresh], lr=0.1)))
#> 2.024
