# Needs: matplotlib, numpy
# Device: cpu
import matplotlib.pyplot as plt
import numpy as np
import torch

array = np.arange(4.0)
tensor = torch.from_numpy(array)
results = {
    "array": array,
    "tensor = from_numpy(array)": tensor,
    "torch.as_tensor(array)": torch.as_tensor(array),
    "tensor.numpy()": tensor.numpy(),
    "tensor.detach()": tensor.detach(),
    "torch.tensor(array)": torch.tensor(array),
    "tensor.clone()": tensor.clone(),
}
array[0] = 9
shared = [bool(values[0] == 9) for values in results.values()]
print(shared)
#> [True, True, True, True, True, False, False]
figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
for row, values in enumerate(results.values()):
    color = "C0" if shared[row] else "C1"
    axes.barh([row] * 4, 0.9, left=range(4), color=color, alpha=0.5)
    for column, value in enumerate(values):
        axes.text(column + 0.45, row, f"{value:g}", ha="center", va="center")
axes.set(yticks=range(7), yticklabels=results, xticks=[], title="array[0] = 9")
axes.invert_yaxis()
figure.savefig("who_shares_memory.svg")
