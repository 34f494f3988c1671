import torch

for gradient in (None, torch.zeros(1)):
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.1)
    w.grad = torch.ones(1)
    optimizer.step()
    before = w.item()
    w.grad = gradient
    optimizer.step()
    print(gradient is None, round(before, 4), round(w.item(), 4))
#> True 0.89 0.89
#> False 0.89 0.7821
