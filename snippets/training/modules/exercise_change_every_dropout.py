from torch import nn

block = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(p=0.5))
model = nn.Sequential(block, nn.Dropout(p=0.3), nn.Linear(8, 2))
for module in model.modules():
    if isinstance(module, nn.Dropout):
        module.p = 0.1

for name, module in model.named_modules():
    if isinstance(module, nn.Dropout):
        print(name, module.p)
#> 0.2 0.1
#> 1 0.1
