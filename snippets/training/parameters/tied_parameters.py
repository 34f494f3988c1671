from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
model[1].weight = model[0].weight
print([name for name, _ in model.named_parameters()])
#> ['0.weight', '0.bias', '1.bias']
print(list(model.state_dict()))
#> ['0.weight', '0.bias', '1.weight', '1.bias']
print(sum(p.numel() for p in model.parameters()))
#> 24
