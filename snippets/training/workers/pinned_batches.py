# Needs: cuda
import torch
from torch.utils.data import DataLoader, TensorDataset

x = torch.arange(8.0, device="cpu").view(4, 2)
loader = DataLoader(TensorDataset(x), batch_size=2, pin_memory=True)
assert not x.is_pinned()
for (xb,) in loader:
    assert xb.is_pinned()
    on_gpu = xb.to("cuda", non_blocking=True)
    assert on_gpu.is_cuda
torch.cuda.synchronize()
