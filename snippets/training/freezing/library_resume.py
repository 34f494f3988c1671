# Needs: snippets
import torch
from snippets.freezing import add_trainable, load_optimizer_state, optimizer_state
from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2))
optimizer = torch.optim.SGD(model[2].parameters(), lr=0.1, momentum=0.9)
for layer in [model[1], model[0]]:
    optimizer.add_param_group({"params": layer.parameters(), "lr": 0.01})
model(torch.ones(8, 4)).sum().backward()
optimizer.step()

resumed = torch.optim.SGD(model[2].parameters(), lr=0.1, momentum=0.9)
print(add_trainable(resumed, model, lr=0.01))
#> ['0.weight', '0.bias', '1.weight', '1.bias']
try:
    resumed.load_state_dict(optimizer.state_dict())
except ValueError as error:
    print(error)
    #> loaded state dict has a different number of parameter groups

load_optimizer_state(resumed, model, optimizer_state(optimizer, model))
key = "momentum_buffer"
pairs = [(resumed.state[p][key], optimizer.state[p][key]) for p in model.parameters()]
sizes = [len(group["params"]) for group in resumed.param_groups]
print(all(a.equal(b) for a, b in pairs), sizes)
#> True [2, 2, 2]
