from torch import nn

model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.Linear(8, 10))
model[0].requires_grad_(False)
total = sum(p.numel() for p in model.parameters())
trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
print(total, trained)
#> 186 106

tensors = [*model.parameters(), *model.buffers()]
print(sum(t.numel() * t.element_size() for t in tensors), "bytes")
#> 816 bytes
for name, child in model.named_children():
    print(name, sum(p.numel() for p in child.parameters()))
#> 0 80
#> 1 16
#> 2 90
