# Needs: matplotlib
# Device: cpu
import matplotlib.pyplot as plt
import torch
from torch import nn

x = torch.linspace(-10, 30, 401, requires_grad=True)
target = torch.zeros(401)
losses = {
    "BCEWithLogitsLoss": nn.BCEWithLogitsLoss(reduction="none")(x, target),
    "sigmoid, BCELoss": nn.BCELoss(reduction="none")(x.sigmoid(), target),
    "-log(1 - sigmoid)": -torch.log(1 - x.sigmoid()),
}
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
for (name, loss), style in zip(losses.items(), ("-", "--", ":")):
    (grad,) = torch.autograd.grad(loss.sum(), x)
    left.plot(x.tolist(), loss.tolist(), style, linewidth=3, label=name)
    right.plot(x.tolist(), grad.tolist(), style, linewidth=3)
    print(name, loss[-1].item(), grad[-1].item())
#> BCEWithLogitsLoss 30.0 1.0
#> sigmoid, BCELoss 100.0 0.0
#> -log(1 - sigmoid) inf nan
left.set(xlabel="logit (target 0)", ylabel="loss")
right.set(xlabel="logit (target 0)", ylabel="gradient")
figure.legend(loc="outside upper center", ncols=3)
figure.savefig("loss_against_logit.svg")
