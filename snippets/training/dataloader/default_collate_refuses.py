from textwrap import fill

import torch
from torch.utils.data import default_collate

for samples in [
    [torch.zeros(2), torch.zeros(3)],
    [[1, 2], [3, 4, 5]],
    [1, None],
    [None, 1],
]:
    try:
        default_collate(samples)
    except (RuntimeError, TypeError) as error:
        print(fill(f"{type(error).__name__}: {error}", 80))
#> RuntimeError: stack expects each tensor to be equal size, but got [2] at entry 0
#> and [3] at entry 1
#> RuntimeError: each element in list of batch should be of equal size
#> RuntimeError: Could not infer dtype of NoneType
#> TypeError: default_collate: batch must contain tensors, numpy arrays, numbers,
#> dicts or lists; found <class 'NoneType'>
