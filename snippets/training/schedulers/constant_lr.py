# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import ConstantLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = ConstantLR(optimizer, factor=0.1, total_iters=10)
rates = []
for epoch in range(40):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in (rates[0], rates[9], rates[10])])
#> [0.01, 0.01, 0.1]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates, drawstyle="steps-post")
plt.xlabel("epoch")
plt.ylabel("lr")
figure.savefig("constant_lr.svg")
