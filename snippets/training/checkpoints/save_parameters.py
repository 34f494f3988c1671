import torch
from torch import nn

model = nn.Linear(4, 2)
torch.save(model.state_dict(), "model.pt")

restored = nn.Linear(4, 2)
print(restored.load_state_dict(torch.load("model.pt")))
#> <All keys matched successfully>
restored.eval()
x = torch.ones(1, 4)
print((model(x) - restored(x)).abs().max().item())
#> 0.0
