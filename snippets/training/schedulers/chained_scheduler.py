# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import ChainedScheduler, ExponentialLR, LinearLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
warm_up = LinearLR(optimizer, start_factor=0.1, total_iters=10)
decay = ExponentialLR(optimizer, gamma=0.95)
scheduler = ChainedScheduler([warm_up, decay])
rates = []
for epoch in range(40):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in (rates[0], rates[10], rates[39])])
#> [0.01, 0.0599, 0.0135]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates, drawstyle="steps-post")
plt.xlabel("epoch")
plt.ylabel("lr")
figure.savefig("chained_scheduler.svg")
