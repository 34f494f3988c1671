# Needs: snippets
# Device: cpu
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch import nn

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())
    names = list(net.state_dict())
    net = nn.SyncBatchNorm.convert_sync_batchnorm(net)  # before wrapping
    try:
        net(torch.ones(2, 1, 8, 8))
        message = "works"
    except ValueError as error:
        message = str(error).split(" or ")[0]
    if here.is_main:
        print(type(net[1]).__name__, list(net.state_dict()) == names)
        #> SyncBatchNorm True
        print("training:", message)
        #> training: SyncBatchNorm expected input tensor to be on GPU
        print("inference:", net.eval()(torch.ones(2, 1, 8, 8)).shape)
        #> inference: torch.Size([2, 2, 6, 6])
