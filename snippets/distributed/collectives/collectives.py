# Needs: matplotlib
import matplotlib.pyplot as plt
import torch

a, b = mine = torch.tensor([[1, 2], [10, 20]])  # of rank 0, of rank 1
both, total = mine.flatten(), mine.sum(0)
edges = [(0, 0), (0, 1), (1, 0), (1, 1)]  # who sends to whom
collectives = {
    "broadcast": (mine, [a, a], edges[:2]),
    "all_reduce": (mine, [total, total], edges),
    "reduce": (mine, [total, "-"], edges[::2]),
    "gather": (mine, [both, "-"], edges[::2]),
    "all_gather": (mine, [both, both], edges),
    "scatter": ([both, "-"], [a, b], edges[:2]),
    "reduce_scatter": (mine, [total[:1], total[1:]], edges),
    "all_to_all_single": (mine, mine.T, edges),
}
print(total)
#> tensor([11, 22])
figure, axes = plt.subplots(4, 2, figsize=(7.2, 6), layout="constrained")
for ax, (name, (before, after, arrows)) in zip(axes.flat, collectives.items()):
    ax.set(title=name, xlim=(-0.5, 2.2), ylim=(-0.4, 1.4))
    ax.axis("off")
    for x, values in ((-0.3, ["rank 0", "rank 1"]), (0.35, before), (1.75, after)):
        for y, value in zip((1, 0), values):
            text = value if isinstance(value, str) else str(value.tolist())
            ax.text(x, y, text, ha="center", va="center")
    for start, end in arrows:
        ax.plot([0.85, 1.2], [1 - start, 1 - end], f"C{start}-o", markevery=[1])
figure.savefig("collectives.svg")
