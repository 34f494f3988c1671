# Warns: UserWarning
import torch
from torch.utils.checkpoint import checkpoint

x = torch.tensor(0.5, requires_grad=True)
print(checkpoint(torch.sin, x))
#> tensor(0.4794, grad_fn=<CheckpointFunctionBackward>)
print(checkpoint(torch.sin, x, use_reentrant=False))
#> tensor(0.4794, grad_fn=<SinBackward0>)
