from collections import OrderedDict

from torch import nn

down = nn.Sequential(nn.Conv2d(4, 8, 1), nn.BatchNorm2d(8))
model = nn.Sequential(OrderedDict(conv1=nn.Conv2d(3, 4, 3), downsample=down))
print([name for name, _ in model.named_parameters() if "conv" in name])
#> ['conv1.weight', 'conv1.bias']

for module in model.modules():
    if isinstance(module, nn.Conv2d):
        module.requires_grad_(False)
print([name for name, p in model.named_parameters() if not p.requires_grad])
#> ['conv1.weight', 'conv1.bias', 'downsample.0.weight', 'downsample.0.bias']
