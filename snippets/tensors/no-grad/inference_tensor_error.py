import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
with torch.inference_mode():
    features = w * 3
(features + w).sum().backward()
print(w.grad)
#> tensor([1., 1.])

with torch.no_grad():
    same_features = w * 3
for constant in (features.clone(), same_features):
    w.grad = None
    (constant * w).sum().backward()
    print(w.grad)
#> tensor([3., 6.])
#> tensor([3., 6.])

for change in (lambda: features * w, lambda: features.add_(1)):
    try:
        change()
    except RuntimeError as error:
        print(str(error).split(".")[0])
#> Inference tensors cannot be saved for backward
#> Inplace update to inference tensor outside InferenceMode is not allowed
