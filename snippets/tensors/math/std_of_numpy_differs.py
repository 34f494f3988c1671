# Needs: numpy
import numpy as np
import torch

values = [1.0, 2.0, 3.0, 4.0]
x = torch.tensor(values)
print(x.std())
#> tensor(1.2910)
print(round(float(np.std(values)), 4))
#> 1.118
print(x.std(correction=0))
#> tensor(1.1180)
