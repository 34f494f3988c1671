# Device: cpu
import multiprocessing
import os
import resource
import signal

import torch


def save_and_die(state):
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    torch.save(state, "last.pt")


old, new = ({"epoch": n, "weight": torch.full((30_000,), n)} for n in (1.0, 2.0))
torch.save(old, "last.pt")
child = multiprocessing.get_context("fork").Process(target=save_and_die, args=[new])
child.start()
child.join()
print(child.exitcode == -signal.SIGXFSZ, os.path.getsize("last.pt"))
#> True 100000
try:
    torch.load("last.pt")
except RuntimeError as error:
    print(error)
    #> PytorchStreamReader failed reading zip archive: failed finding central ...
