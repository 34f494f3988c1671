# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import OneCycleLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1, momentum=0.9)
scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=200)
rates = []
for batch in range(200):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in (rates[0], rates[59], rates[199])])
#> [0.004, 0.1, 0.0]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates)
plt.xlabel("batch")
plt.ylabel("lr")
figure.savefig("one_cycle_lr.svg")
