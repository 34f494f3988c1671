# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import ExponentialLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = ExponentialLR(optimizer, gamma=0.9)
rates = []
for epoch in range(40):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in rates[:4]])
#> [0.1, 0.09, 0.081, 0.0729]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates, drawstyle="steps-post")
plt.xlabel("epoch")
plt.ylabel("lr")
figure.savefig("exponential_lr.svg")
