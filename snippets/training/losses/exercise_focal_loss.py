import torch
from torch.nn import functional as F


def focal_loss(logits, target, gamma):
    losses = F.cross_entropy(logits, target, reduction="none")
    probability = torch.exp(-losses)  # of the right class
    return ((1 - probability) ** gamma * losses).mean()


logits = torch.tensor([[4.0, 0.0], [0.0, 1.0]])
target = torch.tensor([0, 0])
print(F.cross_entropy(logits, target, reduction="none"))
#> tensor([0.0181, 1.3133])
print(F.cross_entropy(logits, target), focal_loss(logits, target, gamma=0))
#> tensor(0.6657) tensor(0.6657)
print(focal_loss(logits, target, gamma=2))
#> tensor(0.3509)
