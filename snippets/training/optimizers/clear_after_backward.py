import torch

w = torch.tensor([1.0], requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
for step in range(3):
    loss = (w**2).sum()
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
print(w.item(), w.grad)
#> 1.0 None
