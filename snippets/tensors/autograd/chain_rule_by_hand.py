import torch

w = torch.tensor(0.5, requires_grad=True)
x, target = 4.0, 3.0
prediction = w * x
loss = (prediction - target) ** 2
loss.backward()
print(w.grad)
#> tensor(-8.)

dloss_dprediction = 2 * (prediction.item() - target)
dprediction_dw = x
print(dloss_dprediction * dprediction_dw)
#> -8.0
