import torch
from torch import nn

x = torch.ones(1000, requires_grad=True)
dropout = nn.Dropout(p=0.5)
results = {"train": dropout(x * 3), "detach": dropout(x * 3).detach()}
with torch.no_grad():
    results["no_grad"] = dropout(x * 3)
with torch.inference_mode():
    results["inference_mode"] = dropout(x * 3)
dropout.eval()
results["eval"] = dropout(x * 3)

for name, y in results.items():
    dropping = (y == 0).any().item()
    print(f"{name:15}{y.requires_grad!s:6}{y.is_inference()!s:6}{dropping}")
#> train          True  False True
#> detach         False False True
#> no_grad        False False True
#> inference_mode False True  True
#> eval           True  False False
