# Needs: matplotlib
import matplotlib.pyplot as plt
from torch import nn, optim
from torch.optim.lr_scheduler import LambdaLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
warm_up = 20
scheduler = LambdaLR(
    optimizer, lambda i: min((i + 1) / warm_up, (warm_up / (i + 1)) ** 0.5)
)
rates = []
for batch in range(200):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print([round(rate, 4) for rate in (rates[0], rates[19], rates[79])])
#> [0.005, 0.1, 0.05]

figure = plt.figure(figsize=(7, 2.2), layout="constrained")
plt.plot(rates)
plt.xlabel("batch")
plt.ylabel("lr")
figure.savefig("lambda_lr.svg")
