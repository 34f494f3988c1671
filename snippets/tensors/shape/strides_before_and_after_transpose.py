# Needs: matplotlib
import matplotlib.pyplot as plt
import torch

x = torch.arange(6).view(2, 3)
figure, axes = plt.subplots(2, 2, figsize=(7, 3), height_ratios=(3, 1))
for name, y, (rows, memory) in zip(("x", "x.t()"), (x, x.t()), axes.T):
    rows.set_title(f"{name}   shape {tuple(y.shape)}   stride {y.stride()}")
    memory.set_title("memory", fontsize="small")
    rows.set(xlim=(-2, 4), ylim=(2.6, -0.6))
    memory.set(xlim=(-0.6, 5.6), ylim=(-1, 1))
    rows.axis("off")
    memory.axis("off")
    for i in range(y.shape[0]):
        box = {"boxstyle": "square,pad=0.6", "fc": "none", "ec": f"C{i}", "lw": 2}
        style = {"ha": "center", "va": "center", "bbox": box}
        for j in range(y.shape[1]):
            number = y[i, j].item()
            place = y.stride(0) * i + y.stride(1) * j
            assert number == place
            rows.text(j, i, number, **style)
            memory.text(place, 0, number, **style)
plt.tight_layout()
figure.savefig("strides_before_and_after_transpose.svg")
