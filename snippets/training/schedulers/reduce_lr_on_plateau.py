# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import ReduceLROnPlateau

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=3)
losses, rates = [], []
for epoch in range(40):
    losses.append(max(0.9**epoch, 0.3))
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step(losses[-1])
print([epoch for epoch in range(1, 40) if rates[epoch] < rates[epoch - 1]])
#> [17, 21, 25, 29, 33, 37]

figure, axes = plt.subplots(2, figsize=(7, 3.2), layout="constrained", sharex=True)
axes[0].plot(losses, color="C1")
axes[0].set_ylabel("validation loss")
axes[1].plot(rates, drawstyle="steps-post")
axes[1].set(xlabel="epoch", ylabel="lr")
figure.savefig("reduce_lr_on_plateau.svg")
