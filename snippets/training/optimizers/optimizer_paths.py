# Needs: matplotlib
# Device: cpu
import matplotlib.pyplot as plt
import torch

optimizers = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.09),
    "momentum=0.9": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.5),
}
figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
x, y = torch.linspace(-9, 4, 131), torch.linspace(-3, 3, 61)
axes.contour(x, y, (x**2 + 20 * y[:, None] ** 2) / 2, levels=12, alpha=0.3)
for name, make in optimizers.items():
    w = torch.tensor([-8.0, 2.0], requires_grad=True)
    optimizer, path = make([w]), []
    for step in range(60):
        path.append(w.tolist())
        optimizer.zero_grad()
        ((w[0] ** 2 + 20 * w[1] ** 2) / 2).backward()
        optimizer.step()
    axes.plot(*zip(*path), ".-", label=name)
    print(f"{name} ends at ({w[0].item():.2f}, {w[1].item():.2f})")
    assert w.detach().norm() < 1
#> SGD ends at (-0.03, 0.00)
#> momentum=0.9 ends at (-0.03, -0.07)
#> Adam ends at (-0.31, 0.05)
axes.legend()
figure.savefig("optimizer_paths.svg")
