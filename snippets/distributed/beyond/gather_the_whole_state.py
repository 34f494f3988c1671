# Needs: torch>=2.6, snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from snippets.ddp import distributed


def main(rank):
    mesh = init_device_mesh("cpu", (2,))
    model = fully_shard(torch.nn.Linear(4, 2), mesh=mesh)
    mine = model.state_dict()["weight"]
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    whole = get_model_state_dict(model, options=options)  # on every rank
    if rank == 0:
        print(type(mine).__name__, mine.to_local().shape)
        print(type(whole["weight"]).__name__, whole["weight"].shape)


with distributed(device="cpu") as here:
    main(here.rank)
    #> DTensor torch.Size([1, 4])
    #> Tensor torch.Size([2, 4])
