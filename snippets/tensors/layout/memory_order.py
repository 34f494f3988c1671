# Needs: matplotlib
import matplotlib.pyplot as plt
import torch

x = torch.arange(12).view(1, 3, 2, 2)
layouts = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}

figure, axes = plt.subplots(2, 1, figsize=(8, 2.8), layout="constrained")
for ax, (name, memory_format) in zip(axes, layouts.items()):
    y = x.contiguous(memory_format=memory_format)
    order = y.as_strided((12,), (1,)).tolist()
    print(name, y.stride(), order)
    for place, value in enumerate(order):
        c, pixel = divmod(value, 4)
        label = f"c={c}\nh={pixel // 2}\nw={pixel % 2}"
        ax.bar(place, 1, width=0.94, color=f"C{c}", alpha=0.5)
        ax.text(place, 0.5, label, ha="center", va="center")
    ax.set_title(f"{name}   stride {y.stride()}", loc="left")
    ax.set_xticks(range(12))
    ax.set_yticks([])
    ax.set_frame_on(False)
    ax.margins(x=0)
#> NCHW (12, 4, 2, 1) [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
#> channels_last (12, 1, 6, 3) [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]
figure.savefig("memory_order.svg")
