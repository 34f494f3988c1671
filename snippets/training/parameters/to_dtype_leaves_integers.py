import torch
from torch import nn

norm = nn.BatchNorm1d(2).to(torch.bfloat16)
for name, tensor in norm.state_dict().items():
    print(name, tensor.dtype)
#> weight torch.bfloat16
#> bias torch.bfloat16
#> running_mean torch.bfloat16
#> running_var torch.bfloat16
#> num_batches_tracked torch.int64
