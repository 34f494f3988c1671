# Needs: numpy
import numpy as np

np.random.seed(0)
first = np.random.default_rng().random()
np.random.seed(0)
print(np.random.default_rng().random() == first)
#> False

print(np.random.default_rng(0).random(), np.random.default_rng(0).random())
#> 0.6369616873214543 0.6369616873214543
