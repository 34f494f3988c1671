import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
try:
    w[0] = 5.0
except RuntimeError as error:
    print(error)
    #> a view of a leaf Variable that requires grad is being used in an in-place ...

doubled = w * 2
doubled[0] = 5.0
doubled.sum().backward()
print(w.grad)
#> tensor([0., 2.])

first, second = (w * 2).unbind()
try:
    first += 1
except RuntimeError as error:
    print(str(error).split(".")[0])
    #> Output 0 of ... is a view and is being modified inplace
