import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
with torch.inference_mode():
    y = w * 3
print(y.requires_grad, y.is_inference(), w.is_inference())
#> False True False
try:
    y._version
except RuntimeError as error:
    print(error)
    #> Inference tensors do not track version counter.

with torch.no_grad():
    y = w * 3
print(y.requires_grad, y.is_inference(), y._version)
#> False False 0
