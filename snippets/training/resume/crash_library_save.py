# Needs: snippets
# Device: cpu
import multiprocessing
import os
import resource
import signal

import torch
from snippets.checkpoints import load, save


def save_and_die(state):
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    save("last.pt", state)


old, new = ({"epoch": n, "weight": torch.full((30_000,), n)} for n in (1, 2))
save("last.pt", old)
child = multiprocessing.get_context("fork").Process(target=save_and_die, args=[new])
child.start()
child.join()
print(child.exitcode == -signal.SIGXFSZ, sorted(f.split(".")[-1] for f in os.listdir()))
#> True ['pt', 'tmp']
print(load("last.pt")["epoch"])
#> 1
save("last.pt", new)
print(load("last.pt")["epoch"], os.listdir())
#> 2 ['last.pt']
