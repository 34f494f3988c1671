# Needs: matplotlib
# Device: cpu
import matplotlib.pyplot as plt
import torch
from torch import nn

torch.manual_seed(0)
batches = torch.normal(5.0, 3.0, (100, 16, 1))
figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
axes.plot(range(1, 101), batches.mean(dim=(1, 2)), ".", color="C7", label="batch mean")
for momentum in 0.5, 0.1, 0.02, None:
    norm = nn.BatchNorm1d(1, momentum=momentum)
    track = [0.0]
    for batch in batches:
        norm(batch)
        track.append(norm.running_mean.item())
    axes.plot(track, label=f"momentum={momentum}")
    print(momentum, [f"{track[step]:.1f}" for step in (1, 10, 100)])
#> 0.5 ['2.3', '4.8', '4.8']
#> 0.1 ['0.5', '3.3', '5.1']
#> 0.02 ['0.1', '0.9', '4.4']
#> None ['4.6', '5.1', '5.1']
axes.set(xlabel="step", ylabel="running_mean")
axes.legend(ncols=2)
figure.savefig("running_mean_over_steps.svg")
