# Needs: matplotlib
import matplotlib.pyplot as plt
import torch

samples = torch.tensor([[1.0, 2.0], [3.0, 4.0]])  # of rank 0, of rank 1
columns, gradients = [], []
for x in samples:
    weight = torch.tensor(1.0, requires_grad=True)  # the same on both
    loss = (weight * x).square().mean()
    loss.backward()
    gradients.append(weight.grad)
    columns.append([f"samples {x.tolist()}", "weight 1", f"loss {loss:g}"])
mean = sum(gradients) / 2
print(mean, 1 - 0.01 * mean)
#> tensor(15.) tensor(0.8500)

box = {"boxstyle": "round", "facecolor": "none"}
figure = plt.figure(figsize=(7.2, 4), layout="constrained")
plt.axis([-0.6, 1.6, -1.6, 4.5])
plt.axis("off")
for rank, column in enumerate(columns):
    column += [f"grad {gradients[rank]:g}", f"step: weight {1 - 0.01 * mean:g}"]
    for y, text in zip((3.4, 2.5, 1.6, 0.7, -1.3), column):
        plt.text(rank, y, text, ha="center", va="center", bbox=box)
    for y in (3.2, 2.3, 1.4):
        plt.plot([rank] * 2, [y, y - 0.5], "C5", linewidth=0.8)
    plt.text(rank, 4.2, f"rank {rank}", ha="center")
    plt.plot([rank, 0.5, 0.5, rank], [0.5, 0, -0.5, -1.1], "C1", linewidth=0.8)
plt.text(0.53, -0.3, f"all-reduce: mean {mean:g}")
figure.savefig("ddp_step.svg")
