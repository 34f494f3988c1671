import pickle

import torch


class Trap:
    def __reduce__(self):
        return print, ("this code ran while loading",)


torch.save({"weight": torch.ones(2), "extra": Trap()}, "found-on-the-web.pt")
torch.load("found-on-the-web.pt", weights_only=False)
#> this code ran while loading
try:
    torch.load("found-on-the-web.pt", weights_only=True)
except pickle.UnpicklingError:
    print("refused, nothing ran")
    #> refused, nothing ran
