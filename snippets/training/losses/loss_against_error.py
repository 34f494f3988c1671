# Needs: matplotlib
# Device: cpu
import matplotlib.pyplot as plt
import torch
from torch import nn

error = torch.linspace(-4, 4, 161, requires_grad=True)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for criterion in (nn.MSELoss, nn.L1Loss, nn.HuberLoss):
    loss = criterion(reduction="none")(error, torch.zeros(161))
    (grad,) = torch.autograd.grad(loss.sum(), error)
    left.plot(error.tolist(), loss.tolist(), label=criterion.__name__)
    right.plot(error.tolist(), grad.tolist())
    print(criterion.__name__, loss[-1].item(), grad[-1].item())
#> MSELoss 16.0 8.0
#> L1Loss 4.0 1.0
#> HuberLoss 3.5 1.0
left.set(xlabel="prediction - target", ylabel="loss", ylim=(0, 8))
right.set(xlabel="prediction - target", ylabel="gradient")
left.legend()
figure.savefig("loss_against_error.svg")
