# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
warm_up = LinearLR(optimizer, start_factor=0.01, total_iters=40)
cosine = CosineAnnealingLR(optimizer, T_max=160)
scheduler = SequentialLR(optimizer, [warm_up, cosine], milestones=[40])
rates = []
for batch in range(200):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in (rates[0], rates[40], rates[120], rates[199])])
#> [0.001, 0.1, 0.05, 0.0]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates)
plt.xlabel("batch")
plt.ylabel("lr")
figure.savefig("sequential_lr.svg")
