import torch

a = torch.tensor([1, 5, 3])
b = torch.tensor([4, 2, 3])
for name in ("maximun", "minimun", "maximum", "minimum"):
    print(name, hasattr(torch, name))
#> maximun False
#> minimun False
#> maximum True
#> minimum True
print(torch.maximum(a, b) - torch.minimum(a, b))
#> tensor([3, 3, 0])
