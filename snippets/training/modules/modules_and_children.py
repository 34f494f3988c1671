from torch import nn

block = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
model = nn.Sequential(block, nn.Linear(8, 3))

print([type(m).__name__ for m in model.children()])
#> ['Sequential', 'Linear']
print([type(m).__name__ for m in model.modules()])
#> ['Sequential', 'Sequential', 'Linear', 'ReLU', 'Linear']
print([name for name, _ in model.named_children()])
#> ['0', '1']
print([name for name, _ in model.named_modules()])
#> ['', '0', '0.0', '0.1', '1']
