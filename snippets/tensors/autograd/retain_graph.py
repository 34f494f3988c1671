import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([3.0, 5.0, 7.0, 9.0])
w = torch.tensor(1.0, requires_grad=True)
squares = (w * x - target) ** 2
average, largest = squares.mean(), squares.max()
average.backward(retain_graph=True)
print(w.grad)
#> tensor(-20.)
largest.backward()
print(w.grad)
#> tensor(-60.)

w.grad = None
squares = (w * x - target) ** 2
(squares.mean() + squares.max()).backward()
print(w.grad)
#> tensor(-60.)
