# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import LinearLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = LinearLR(optimizer, start_factor=0.01, total_iters=100)
rates = []
for batch in range(200):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in rates[::50]])
#> [0.001, 0.0505, 0.1, 0.1]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates)
plt.xlabel("batch")
plt.ylabel("lr")
figure.savefig("linear_lr.svg")
