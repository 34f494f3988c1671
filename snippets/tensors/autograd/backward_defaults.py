from inspect import signature

import torch

for parameter in signature(torch.Tensor.backward).parameters.values():
    print(parameter)
#> self
#> gradient=None
#> retain_graph=None
#> create_graph=False
#> inputs=None
