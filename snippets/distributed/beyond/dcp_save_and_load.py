# Needs: torch>=2.6, snippets
# Run: torchrun --nproc-per-node=2 FILE
import os

import torch
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    mesh, runs = init_device_mesh("cpu", (2,)), []
    for _ in range(2):
        model = fully_shard(torch.nn.Linear(4, 2), mesh=mesh)
        runs.append((model, torch.optim.Adam(model.parameters())))
    dcp.save(dict(zip("mo", get_state_dict(*runs[0]))), checkpoint_id="step-1")

    state = dict(zip("mo", get_state_dict(*runs[1])))
    dcp.load(state, checkpoint_id="step-1")  # fills these tensors
    set_state_dict(
        *runs[1], model_state_dict=state["m"], optim_state_dict=state["o"]
    )
    first, second = (model.weight.full_tensor() for model, _ in runs)
    if here.is_main:
        print(sorted(os.listdir("step-1")), first.equal(second))
        #> ['.metadata', '__0_0.distcp', '__1_0.distcp'] True
