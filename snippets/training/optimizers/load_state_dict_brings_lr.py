import torch

w = torch.zeros(1, requires_grad=True)
old = torch.optim.SGD([w], lr=0.1)
new = torch.optim.SGD([w], lr=0.001)
new.load_state_dict(old.state_dict())
print(new.param_groups[0]["lr"])
#> 0.1
for group in new.param_groups:
    group["lr"] = 0.001
print(new.param_groups[0]["lr"])
#> 0.001
