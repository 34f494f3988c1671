import torch
from torch.nn import functional as F

target = torch.zeros(1)
for logit in (10.0, 20.0, 200.0):
    x = torch.tensor([logit], requires_grad=True)
    together = F.binary_cross_entropy_with_logits(x, target)
    apart = F.binary_cross_entropy(x.sigmoid(), target)
    for name, loss in {"together": together, "apart": apart}.items():
        (grad,) = torch.autograd.grad(loss, x)
        print(f"{logit:5} {name:8} {loss.item():7.3f} gradient {grad.item():.4f}")
#>  10.0 together  10.000 gradient 1.0000
#>  10.0 apart     10.000 gradient 1.0000
#>  20.0 together  20.000 gradient 1.0000
#>  20.0 apart    100.000 gradient 0.0000
#> 200.0 together 200.000 gradient 1.0000
#> 200.0 apart    100.000 gradient 0.0000
