import torch
from torch.torch_version import TorchVersion

print("2.13.0" > "2.4.1")
#> False

release = TorchVersion("2.13.0+cpu")
print(release > "2.4.1", release >= (2, 4))
#> True True
print(release == "2.13.0", release.split("+")[0] == "2.13.0")
#> False True

print(isinstance(torch.__version__, TorchVersion))
#> True
print(torch.__version__ >= (2, 0))
#> True
