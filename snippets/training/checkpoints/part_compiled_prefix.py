import torch
from torch import nn

compiled = torch.compile(nn.Linear(4, 2))
print(list(compiled.state_dict()))
#> ['_orig_mod.weight', '_orig_mod.bias']
saved = {k.removeprefix("_orig_mod."): v for k, v in compiled.state_dict().items()}
print(nn.Linear(4, 2).load_state_dict(saved))
#> <All keys matched successfully>
