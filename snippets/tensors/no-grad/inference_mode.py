import torch


@torch.inference_mode()
def predict(w):
    return w * 3


w = torch.tensor([1.0, 2.0], requires_grad=True)
y = predict(w)
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
