from collections import OrderedDict

import torch
from torch import nn

classifier = nn.Sequential(
    OrderedDict(backbone=nn.Linear(4, 3), head=nn.Linear(3, 10))
)
torch.save(classifier.backbone.state_dict(), "backbone.pt")

detector = nn.Sequential(OrderedDict(backbone=nn.Linear(4, 3), boxes=nn.Linear(3, 4)))
print(detector.backbone.load_state_dict(torch.load("backbone.pt")))
#> <All keys matched successfully>

saved = classifier.state_dict()
backbone = {
    k.removeprefix("backbone."): v
    for k, v in saved.items()
    if k.startswith("backbone.")
}
print(detector.backbone.load_state_dict(backbone))
#> <All keys matched successfully>
