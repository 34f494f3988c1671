# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import CyclicLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1, momentum=0.9)
scheduler = CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=50)
rates = []
for batch in range(300):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in rates[::50]])
#> [0.01, 0.1, 0.01, 0.1, 0.01, 0.1]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates)
plt.xlabel("batch")
plt.ylabel("lr")
figure.savefig("cyclic_lr.svg")
