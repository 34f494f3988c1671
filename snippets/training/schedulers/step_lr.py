# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = StepLR(optimizer, step_size=10, gamma=0.5)
rates = []
for epoch in range(40):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in rates[::10]])
#> [0.1, 0.05, 0.025, 0.0125]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates, drawstyle="steps-post")
plt.xlabel("epoch")
plt.ylabel("lr")
figure.savefig("step_lr.svg")
