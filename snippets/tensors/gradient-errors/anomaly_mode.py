# Warns: UserWarning
import torch

x = torch.tensor([0.0, 4.0], requires_grad=True)
(x.sqrt() * x.sign()).sum().backward()
print(x.grad)
#> tensor([   nan, 0.2500])

try:
    with torch.autograd.detect_anomaly():
        (x.sqrt() * x.sign()).sum().backward()
except RuntimeError as error:
    print(error)
    #> Function 'SqrtBackward0' returned nan values in its 0th output.
