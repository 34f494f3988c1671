import torch

for clear in (True, False):
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for step in range(3):
        if clear:
            optimizer.zero_grad()
        (3 * w).sum().backward()
        optimizer.step()
    print(clear, w.grad.item(), round(w.item(), 4))
#> True 3.0 0.1
#> False 9.0 -0.8
