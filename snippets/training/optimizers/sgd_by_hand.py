import torch

lr, momentum = 0.1, 0.9
w = torch.tensor([4.0], requires_grad=True)
optimizer = torch.optim.SGD([w], lr=lr, momentum=momentum)
by_hand, velocity = 4.0, 0.0
for step in range(3):
    optimizer.zero_grad()
    (w**2).sum().backward()
    optimizer.step()
    velocity = momentum * velocity + 2 * by_hand
    by_hand -= lr * velocity
    print(f"{w.item():.4f} {by_hand:.4f}")
#> 3.2000 3.2000
#> 1.8400 1.8400
#> 0.2480 0.2480
