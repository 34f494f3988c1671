import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
w = torch.tensor(2.0, requires_grad=True)
print(w * x)
#> tensor([2., 4., 6., 8.], grad_fn=<MulBackward0>)
with torch.no_grad():
    print(w * x)
    #> tensor([2., 4., 6., 8.])


@torch.no_grad()
def predict(x):
    return w * x


print(predict(x))
#> tensor([2., 4., 6., 8.])
