import torch

w = torch.tensor(0.5, requires_grad=True)
state = torch.tensor(1.0)
for step in range(3):
    state = w * state.detach()
    state.backward()
    print(state.item(), w.grad)
#> 0.5 tensor(1.)
#> 0.25 tensor(1.5000)
#> 0.125 tensor(1.7500)

state = torch.tensor(1.0)
try:
    for step in range(3):
        state = w * state
        state.backward()
except RuntimeError as error:
    print(f"step {step}: {error}")
    #> step 1: Trying to backward through the graph a second time ...
