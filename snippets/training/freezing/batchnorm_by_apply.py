from torch import nn


def freeze_norm(module):
    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        module.eval().requires_grad_(False)


block = nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))
model = nn.Sequential(block, nn.Flatten(), nn.BatchNorm1d(4))
model.apply(freeze_norm)
print([name for name, module in model.named_modules() if not module.training])
#> ['0.1', '2']
