import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

calls, kept = [], []


def block(x):
    calls.append("forward")
    return x.exp().sin().tanh()


def pack(tensor):
    kept.append(tensor.numel())
    return tensor


x = torch.tensor(0.5, requires_grad=True)
with saved_tensors_hooks(pack, lambda tensor: tensor):
    y = block(x)
    print(sum(kept))
    #> 3
    kept.clear()
    z = checkpoint(block, x, use_reentrant=False)
    print(sum(kept))
    #> 1
print(torch.autograd.grad(y, x), torch.autograd.grad(z, x))
#> (tensor(-0.0542),) (tensor(-0.0542),)
print(calls)
#> ['forward', 'forward', 'forward']
