# Needs: snippets, numpy
import os
from enum import Enum

import numpy as np

from snippets.checkpoints import UnsafeValueError, load, save

Phase = Enum("Phase", "WARMUP TRAIN")
state = {"step": 7, "phase": Phase.TRAIN, "metrics": {"accuracy": np.float64(0.97)}}
try:
    save("best.pt", state)
except UnsafeValueError as error:
    for line in str(error).split("; "):
        print(line)
#> state['phase']: __main__.Phase would not load: save its .value
#> state['metrics']['accuracy']: numpy.float64 would not load: save its .item()
print(os.path.exists("best.pt"))
#> False

save("best.pt", {"step": 7, "phase": 2, "metrics": {"accuracy": 0.97}})
print(load("best.pt"))
#> {'step': 7, 'phase': 2, 'metrics': {'accuracy': 0.97}}
