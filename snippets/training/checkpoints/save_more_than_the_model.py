import torch
from torch import nn

model = nn.Linear(4, 2)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
model(torch.ones(3, 4)).sum().backward()
optimizer.step()
torch.save(
    {"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict()},
    "last.pt",
)

model = nn.Linear(4, 2)
optimizer = torch.optim.AdamW(model.parameters())
checkpoint = torch.load("last.pt")
model.load_state_dict(checkpoint["model"])
optimizer.load_state_dict(checkpoint["optimizer"])
start = checkpoint["epoch"] + 1
print(start, optimizer.param_groups[0]["lr"])
#> 4 0.01
print(optimizer.state[model.weight]["step"])
#> tensor(1.)
