# Device: cpu
import torch
from torch import nn

torch.save(nn.Linear(4, 2).state_dict(), "model.pt")
with torch.device("meta"):
    model = nn.Linear(4, 2)
print(model.weight.device)
#> meta
state = torch.load("model.pt", mmap=True)
print(model.load_state_dict(state, assign=True))
#> <All keys matched successfully>
print(model.weight.device, model.weight.data_ptr() == state["weight"].data_ptr())
#> cpu True
