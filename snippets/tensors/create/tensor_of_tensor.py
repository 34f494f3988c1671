# Warns: UserWarning
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
print(torch.tensor(x))
#> tensor([1., 2.])
print(x.detach().clone())
#> tensor([1., 2.])
print(x.clone())
#> tensor([1., 2.], grad_fn=<CloneBackward0>)
