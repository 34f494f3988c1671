import torch
from torch import nn


class DiceLoss(nn.Module):
    def forward(self, logits, target):
        p = logits.sigmoid()
        overlap = 2 * (p * target).sum() + 1
        return 1 - overlap / (p.sum() + target.sum() + 1)


logits = torch.tensor([3.0, -3.0, 0.0], requires_grad=True)
loss = DiceLoss()(logits, torch.tensor([1.0, 0.0, 1.0]))
loss.backward()
print(loss.item())
#> 0.13218927383422852
print(logits.grad.sign())
#> tensor([-1.,  1., -1.])
