# Needs: snippets
import torch
from torch import nn

from snippets.checkpoints import Checkpoints, UnsafeValueError, load

model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1, bias=False))
files = Checkpoints("run", keep=1)
files.save(1, {"model": model.state_dict()})

model[1].to("meta")  # as when layers are offloaded
torch.save(model.state_dict(), "torch.pt")
print(torch.load("torch.pt")["1.weight"])
#> tensor(..., device='meta', size=(1, 2))
try:
    files.save(2, {"model": model.state_dict()})
except UnsafeValueError as error:
    print(str(error).partition(":")[0], "has no data")
    #> state['model']['1.weight'] has no data
print(files.latest().name)
#> step-000000001.pt
print(load(files.latest())["model"]["1.weight"].shape)
#> torch.Size([1, 2])
