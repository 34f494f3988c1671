import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([3.0, 5.0, 7.0, 9.0])
w = torch.tensor(1.0, requires_grad=True)
losses = (w * x - target) ** 2
try:
    losses.backward()
except RuntimeError as error:
    print(error)
    #> grad can be implicitly created only for scalar outputs

only_first = torch.tensor([1.0, 0.0, 0.0, 0.0])
losses.backward(gradient=only_first, retain_graph=True)
print(w.grad)
#> tensor(-4.)

w.grad = None
losses.backward(gradient=torch.full((4,), 0.25))
print(w.grad)
#> tensor(-20.)
