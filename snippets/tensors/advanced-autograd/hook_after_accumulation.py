# Needs: torch>=2.1
import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)


@torch.no_grad()
def step(parameter):
    parameter -= 0.1 * parameter.grad
    parameter.grad = None


w.register_post_accumulate_grad_hook(step)
(w**2).sum().backward()
print(w, w.grad)
#> tensor([0.8000, 1.6000], requires_grad=True) None
