# Needs: torch>=2.6
import pickle

import torch
from torch import nn

torch.save(nn.Linear(4, 2), "model.pkl")
try:
    model = torch.load("model.pkl")
except pickle.UnpicklingError as error:
    lines = str(error).splitlines()
    print(lines[0])
    #> Weights only load failed. This file can still be loaded, ...
    print(next(line for line in lines if "GLOBAL" in line).partition(": ")[2])
    #> Unsupported global: GLOBAL torch.nn.modules.linear.Linear ...

model = torch.load("model.pkl", weights_only=False)
print(model)
#> Linear(in_features=4, out_features=2, bias=True)
