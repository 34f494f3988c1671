# Needs: numpy
import torch


def seed_all(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)


try:
    seed_all(3)
except NameError as error:
    print(error)
    #> name 'random' is not defined

import random

import numpy as np

seed_all(3)
print(torch.initial_seed())
#> 3
