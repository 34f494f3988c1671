import torch

torch.backends.cudnn.deteministic = True
print(torch.backends.cudnn.deterministic)
#> False

torch.backends.cudnn.deterministic = True
print(torch.backends.cudnn.deterministic)
#> True
