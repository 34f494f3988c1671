# Needs: snippets
import os

import torch
from snippets.seeding import deterministic


def show(when):
    is_on = torch.are_deterministic_algorithms_enabled()
    flags = f"deterministic={is_on}, benchmark={torch.backends.cudnn.benchmark}"
    print(f"{when}: {flags}, {os.environ.get('CUBLAS_WORKSPACE_CONFIG')}")


@deterministic()
def train():
    show("decorated")


torch.backends.cudnn.benchmark = True
with deterministic():
    show("inside")
    #> inside: deterministic=True, benchmark=False, :4096:8
show("after")
#> after: deterministic=False, benchmark=True, None
train()
#> decorated: deterministic=True, benchmark=False, :4096:8
deterministic().enable()
show("enabled")
#> enabled: deterministic=True, benchmark=False, :4096:8
