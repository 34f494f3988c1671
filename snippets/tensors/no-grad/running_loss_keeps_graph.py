import torch

w = torch.tensor(1.0, requires_grad=True)
total, total_item = 0.0, 0.0
for x in (1.0, 2.0, 3.0):
    loss = (w * x) ** 2
    total += loss
    total_item += loss.item()
print(total)
#> tensor(14., grad_fn=<AddBackward0>)
print(total_item)
#> 14.0
