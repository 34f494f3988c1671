import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
hidden = x * 3
hidden.register_hook(lambda grad: print("hidden", grad))
handle = x.register_hook(lambda grad: grad.clamp(max=20.0))
(hidden**2).sum().backward()
#> hidden tensor([ 6., 12.])
print(x.grad)
#> tensor([18., 20.])

handle.remove()
x.grad = None
((x * 3) ** 2).sum().backward()
print(x.grad)
#> tensor([18., 36.])
