import torch
from torch.autograd.graph import saved_tensors_hooks

x = torch.ones(1000, requires_grad=True)
kept = []


def pack(tensor):
    kept.append(tensor.numel())
    return tensor


with saved_tensors_hooks(pack, lambda tensor: tensor):
    x.exp().exp()
    print(kept)
    #> [1000, 1000]
    kept.clear()
    with torch.no_grad():
        x.exp().exp()
    print(kept)
    #> []
