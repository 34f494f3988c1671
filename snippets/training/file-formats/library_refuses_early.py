# Needs: snippets
import os
from pathlib import Path

import torch
from snippets.checkpoints import UnsafeValueError, save

state = {"weight": torch.ones(2), "args": {"folder": Path("data")}}
try:
    save("last.pt", state)
except UnsafeValueError as error:
    print(error)
    #> state['args']['folder']: ... would not load: save str() of it
print(os.listdir())
#> []
