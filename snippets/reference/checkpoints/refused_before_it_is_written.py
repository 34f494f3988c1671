# Needs: snippets, numpy
import os

import numpy as np

from snippets.checkpoints import UnsafeValueError, save

try:
    save("best.pt", {"step": 7, "metrics": {"accuracy": np.float64(0.97)}})
except UnsafeValueError as error:
    print(error)
    #> state['metrics']['accuracy']: numpy.float64 would not load: ...
print(os.path.exists("best.pt"))
#> False

save("best.pt", {"step": 7, "metrics": {"accuracy": 0.97}})
print(os.path.exists("best.pt"))
#> True
