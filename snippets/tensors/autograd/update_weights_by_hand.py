import torch

w = torch.tensor(0.0, requires_grad=True)
for step in range(4):
    loss = (w - 3) ** 2
    loss.backward()
    with torch.no_grad():
        w -= 0.25 * w.grad
    w.grad = None
    print(step, loss.item(), w.item())
#> 0 9.0 1.5
#> 1 2.25 2.25
#> 2 0.5625 2.625
#> 3 0.140625 2.8125
print(w.is_leaf, w.requires_grad)
#> True True
