# Needs: matplotlib
# Device: cpu
import matplotlib.pyplot as plt
from torch.utils.data import ChainDataset, DataLoader

stream = ChainDataset([])
settings = [("dataset", stream), ("shuffle", True), ("sampler", [1, 0])]
settings += [("batch_sampler", [[1], [0]]), ("batch_size", 2), ("batch_size", None)]
settings += [("drop_last", True), ("num_workers", 0), ("prefetch_factor", 2)]
settings += [("persistent_workers", True), ("timeout", 9)]
settings += [("multiprocessing_context", "fork")]
names = ["IterableDataset", *(f"{name}={value}" for name, value in settings[1:])]
pairs = []
for k, second in enumerate(settings):
    for first, name in zip(settings[:k], names):
        options = {"dataset": range(4), "num_workers": 1, **dict([first, second])}
        try:
            loader = DataLoader(**options)
            iter(loader if loader.num_workers == 0 else [])
        except (ValueError, AssertionError):
            pairs.append((name, names[k]))
print(len(pairs), pairs[0])
#> 14 ('IterableDataset', 'shuffle=True')

figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
axes.invert_yaxis()
axes.scatter(*zip(*pairs), s=180, marker="X", color="C1")
plt.xticks(rotation=30, ha="right")
figure.savefig("excluded_parameters.svg")
