# Needs: safetensors
import torch
from safetensors.torch import load_model, save_file, save_model
from torch import nn

model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
model[1].weight = model[0].weight
try:
    save_file(model.state_dict(), "tied.safetensors")
except RuntimeError as error:
    print(str(error).strip().splitlines()[0])
    #> Some tensors share memory, this will lead to duplicate memory on disk and ...

save_model(model, "tied.safetensors")
other = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
other[1].weight = other[0].weight
print(load_model(other, "tied.safetensors"))
#> (set(), [])
print(torch.equal(other[1].weight, model[0].weight))
#> True
