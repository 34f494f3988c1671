import torch

cudnn = torch.backends.cudnn
print(cudnn.deterministic, cudnn.benchmark)
#> False False

cudnn.deterministic = True
cudnn.benchmark = False
print(torch.are_deterministic_algorithms_enabled())
#> False

with cudnn.flags(enabled=True, deterministic=False, benchmark=True):
    print(cudnn.deterministic, cudnn.benchmark)
    #> False True
print(cudnn.deterministic, cudnn.benchmark)
#> True False
