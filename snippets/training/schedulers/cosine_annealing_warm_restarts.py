# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2)
rates = []
for epoch in range(70):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in rates[::10]])
#> [0.1, 0.1, 0.05, 0.1, 0.0854, 0.05, 0.0146]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates, drawstyle="steps-post")
plt.xlabel("epoch")
plt.ylabel("lr")
figure.savefig("cosine_annealing_warm_restarts.svg")
