import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
with torch.inference_mode():
    features = w * 3
try:
    features * w
except RuntimeError as error:
    print(error)
    #> Inference tensors cannot be saved for backward. ... make a clone ...

with torch.no_grad():
    same_features = w * 3
for constant in (features.clone(), same_features):
    w.grad = None
    (constant * w).sum().backward()
    print(w.grad)
#> tensor([3., 6.])
#> tensor([3., 6.])
