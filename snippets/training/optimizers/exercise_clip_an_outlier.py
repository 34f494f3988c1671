import torch
from torch import nn

factors = [1.0] * 9 + [100.0]
for clip in (False, True):
    w = torch.tensor([5.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for factor in factors:
        optimizer.zero_grad()
        (factor * w).sum().backward()
        if clip:
            nn.utils.clip_grad_norm_([w], max_norm=1.0)
        optimizer.step()
    print("clipped" if clip else "as it is", f"moves by {5 - w.item():.2f}")
#> as it is moves by 10.90
#> clipped moves by 1.00
