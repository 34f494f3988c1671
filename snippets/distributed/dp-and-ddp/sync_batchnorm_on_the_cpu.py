# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn

model = nn.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm1d(4))
dist.init_process_group("gloo")
try:
    model(torch.randn(8, 4))
except ValueError as error:
    if dist.get_rank() == 0:
        print(str(error).partition(" or ")[0])
        #> SyncBatchNorm expected input tensor to be on GPU

model.eval()
output = model(torch.randn(8, 4))
if dist.get_rank() == 0:
    print(type(model).__name__, output.shape)
    #> SyncBatchNorm torch.Size([8, 4])
dist.destroy_process_group()
