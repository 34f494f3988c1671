# Needs: numpy, torch>=2.6
import pickle
from argparse import Namespace
from collections import Counter, OrderedDict, defaultdict
from datetime import date
from pathlib import Path

import numpy
import torch

values = [
    torch.ones(2), torch.nn.Parameter(torch.ones(2)), torch.float16, torch.Size([2]),
    torch.device("cpu"), None, True, 7, 0.5, 2j, "text", b"bytes", [1], (1,), {"a": 1},
    {1, 2}, OrderedDict(a=1), Counter("aab"), numpy.float64(0.9), numpy.ones(2),
    Path("data"), Namespace(lr=1), date(2024, 5, 17), defaultdict(), torch.nn.ReLU(),
]
taken, refused = [], []
for value in values:
    torch.save(value, "value.pt")
    try:
        torch.load("value.pt", weights_only=True)
        taken.append(type(value).__name__)
    except pickle.UnpicklingError:
        refused.append(type(value).__name__)
print(*taken[:9])
#> Tensor Parameter dtype Size device NoneType bool int float
print(*taken[9:])
#> complex str bytes list tuple dict set OrderedDict Counter
print(*refused)
#> float64 ndarray PosixPath Namespace date defaultdict ReLU
