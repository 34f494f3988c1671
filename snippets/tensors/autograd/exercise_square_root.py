import torch

root = torch.tensor(1.0, requires_grad=True)
optimizer = torch.optim.SGD([root], lr=0.05)
for step in range(50):
    optimizer.zero_grad()
    loss = (root**2 - 2) ** 2
    loss.backward()
    optimizer.step()

print(root)
#> tensor(1.4142, requires_grad=True)
print(root.detach() ** 2)
#> tensor(2.0000)
