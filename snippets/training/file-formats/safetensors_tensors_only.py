# Needs: safetensors
import torch
from safetensors.torch import save_file

try:
    save_file({"epoch": 3, "weight": torch.ones(2)}, "last.safetensors")
except ValueError as error:
    print(error)
    #> Key `epoch` is invalid, expected torch.Tensor but received <class 'int'>
try:
    save_file({"weight": torch.ones(2, 3).t()}, "last.safetensors")
except ValueError as error:
    print(error)
    #> You are trying to save a non contiguous tensor: `weight` which is not ...
