from torch import nn, optim
from torch.optim.lr_scheduler import OneCycleLR, StepLR

epochs, batches = 3, 4
parameters = list(nn.Linear(4, 2).parameters())
by_epoch, by_batch = optim.AdamW(parameters, lr=0.1), optim.AdamW(parameters)
step_lr = StepLR(by_epoch, step_size=1, gamma=0.1)
one_cycle = OneCycleLR(by_batch, max_lr=0.1, total_steps=epochs * batches)
for epoch in range(epochs):
    rates = []
    for batch in range(batches):
        rates.append(f"{one_cycle.get_last_lr()[0]:.4f}")
        by_epoch.step()
        by_batch.step()
        one_cycle.step()
    print(f"{step_lr.get_last_lr()[0]:.3f}", rates)
    step_lr.step()
#> 0.100 ['0.0040', '0.0350', '0.0879', '0.0994']
#> 0.010 ['0.0933', '0.0812', '0.0647', '0.0463']
#> 0.001 ['0.0283', '0.0133', '0.0035', '0.0000']
