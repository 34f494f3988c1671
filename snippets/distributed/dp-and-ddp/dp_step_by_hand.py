# Device: cpu
import torch
from torch import nn
from torch.func import functional_call

torch.manual_seed(0)
model = nn.Linear(4, 2)
x, target = torch.randn(6, 4), torch.randn(6, 2)

parts = x.chunk(2)  # scatter
copies = [  # replicate: copies that pass gradients back to the model
    {name: p.clone() for name, p in model.named_parameters()} for _ in parts
]
outputs = [  # parallel_apply: one thread and one GPU for each
    functional_call(model, copy, part) for copy, part in zip(copies, parts)
]
output = torch.cat(outputs)  # gather
nn.functional.mse_loss(output, target).backward()

whole = nn.Linear(4, 2)
whole.load_state_dict(model.state_dict())
nn.functional.mse_loss(whole(x), target).backward()
assert torch.allclose(model.weight.grad, whole.weight.grad)
print(model.weight.grad[0], "in two parts")
#> tensor([ 0.5885,  0.8496, -1.1204, -1.3132]) in two parts
print(whole.weight.grad[0], "the full batch")
#> tensor([ 0.5885,  0.8496, -1.1204, -1.3132]) the full batch
