import torch

lr, beta1, beta2, eps = 0.1, 0.9, 0.999, 1e-8
w = torch.tensor([4.0], requires_grad=True)
optimizer = torch.optim.Adam([w], lr=lr, betas=(beta1, beta2))
by_hand, mean, square = 4.0, 0.0, 0.0
for step in range(1, 4):
    optimizer.zero_grad()
    (w**2).sum().backward()
    optimizer.step()
    gradient = 2 * by_hand
    mean = beta1 * mean + (1 - beta1) * gradient
    square = beta2 * square + (1 - beta2) * gradient**2
    size = (square / (1 - beta2**step)) ** 0.5 + eps
    by_hand -= lr * mean / (1 - beta1**step) / size
    print(f"{w.item():.4f} {by_hand:.4f}")
#> 3.9000 3.9000
#> 3.8001 3.8001
#> 3.7003 3.7003
