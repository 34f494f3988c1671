# Needs: snippets
import os

import torch
from snippets.seeding import deterministic

torch.backends.cudnn.benchmark = True
with deterministic():
    print(torch.are_deterministic_algorithms_enabled())
    #> True
    print(torch.backends.cudnn.benchmark, os.environ["CUBLAS_WORKSPACE_CONFIG"])
    #> False :4096:8
print(torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark)
#> False True


@deterministic()
def train():
    return torch.are_deterministic_algorithms_enabled()


print(train(), torch.are_deterministic_algorithms_enabled())
#> True False
deterministic().enable()
print(torch.are_deterministic_algorithms_enabled())
#> True
