# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = CosineAnnealingLR(optimizer, T_max=40, eta_min=0.001)
rates = []
for epoch in range(41):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in rates[::10]])
#> [0.1, 0.0855, 0.0505, 0.0155, 0.001]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates, drawstyle="steps-post")
plt.xlabel("epoch")
plt.ylabel("lr")
figure.savefig("cosine_annealing_lr.svg")
