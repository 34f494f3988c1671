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
    print(name, w.detach().norm().item() < 1)
#> SGD True
#> momentum=0.9 True
#> Adam True
axes.legend()
figure.savefig("optimizer_paths.svg")
