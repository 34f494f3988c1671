from torch import nn

model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
model.train()
for module in model.modules():
    if isinstance(module, nn.BatchNorm2d):
        module.eval()
        module.requires_grad_(False)
print([layer.training for layer in model])
#> [True, False, True]
print([name for name, p in model.named_parameters() if not p.requires_grad])
#> ['1.weight', '1.bias']
