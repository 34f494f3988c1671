# Needs: safetensors
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

model = nn.Linear(4, 2)
save_file(model.state_dict(), "model.safetensors", metadata={"epoch": "3"})
print(nn.Linear(4, 2).load_state_dict(load_file("model.safetensors")))
#> <All keys matched successfully>

with safe_open("model.safetensors", framework="pt") as file:
    print(sorted(file.keys()), file.metadata())
    #> ['bias', 'weight'] {'epoch': '3'}
    print(file.get_slice("weight")[:1].shape)
    #> torch.Size([1, 4])
