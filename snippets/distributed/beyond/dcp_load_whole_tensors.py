# Needs: torch>=2.5, snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    mesh = init_device_mesh("cpu", (2,))
    weight = distribute_tensor(torch.arange(6.0).view(3, 2), mesh, [Shard(0)])
    dcp.save({"weight": weight}, checkpoint_id="step-1")

    state = {"weight": torch.zeros(3, 2)}  # whole, on each rank
    dcp.load(state, checkpoint_id="step-1")
    if here.is_main:
        print(weight.to_local().shape, state["weight"].tolist())
        #> torch.Size([2, 2]) [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
        dcp_to_torch_save("step-1", "step-1.pt")
        print(torch.load("step-1.pt"))
        #> {'weight': tensor([[0., 1.],
        #>         [2., 3.],
        #>         [4., 5.]])}
