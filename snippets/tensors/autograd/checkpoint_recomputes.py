import torch
from torch.utils.checkpoint import checkpoint

calls = []


def block(x):
    calls.append("forward")
    return x.exp().sin().tanh()


x = torch.tensor(0.5, requires_grad=True)
block(x).backward()
print(calls, x.grad)
#> ['forward'] tensor(-0.0542)

calls.clear()
x.grad = None
y = checkpoint(block, x, use_reentrant=False)
print(calls)
#> ['forward']
y.backward()
print(calls, x.grad)
#> ['forward', 'forward'] tensor(-0.0542)
