# Needs: numpy, torch>=2.6
import pickle

import numpy
import torch

accuracy = numpy.array([True, True, False, True]).mean()
torch.save({"epoch": 3, "accuracy": accuracy}, "best.pt")
try:
    torch.load("best.pt")
except pickle.UnpicklingError as error:
    print(next(line.strip() for line in str(error).splitlines() if "GLOBAL" in line))
    #> WeightsUnpickler error: Unsupported global: GLOBAL ... was not an allowed ...

torch.save({"epoch": 3, "accuracy": float(accuracy)}, "best.pt")
print(torch.load("best.pt"))
#> {'epoch': 3, 'accuracy': 0.75}
