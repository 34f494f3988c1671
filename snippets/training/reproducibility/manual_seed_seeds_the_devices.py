from unittest import mock

import torch

with mock.patch("torch.cuda.manual_seed_all") as seed_cuda:
    torch.manual_seed(7)
print(seed_cuda.call_args)
#> call(7)

torch.cuda.manual_seed(1)
torch.cuda.manual_seed_all(2)
print(torch.initial_seed())
#> 7
