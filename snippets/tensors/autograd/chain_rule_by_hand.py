import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([3.0, 5.0, 7.0, 9.0])
w, b = 1.0, 0.0

prediction = w * x + b
dloss_dprediction = 2 * (prediction - target) / 4
print(dloss_dprediction)
#> tensor([-1.0000, -1.5000, -2.0000, -2.5000])
print("w:", (dloss_dprediction * x).sum())
#> w: tensor(-20.)
print("b:", dloss_dprediction.sum())
#> b: tensor(-7.)
