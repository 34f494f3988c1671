# Needs: snippets
# Device: cpu
import torch
from torch.utils.data import DataLoader, TensorDataset

from snippets.ddp import ResumableSampler

data = TensorDataset(torch.arange(12.0), torch.arange(12))
sampler = ResumableSampler(data)
loader = DataLoader(data, batch_size=4, sampler=sampler)

batch = next(iter(loader))  # inputs and labels
try:
    sampler.advance(len(batch))
except ValueError as error:
    print(error)
    #> advance(2), but the loader's batch_size is 4: call it once per batch with the ...
inputs, labels = batch
sampler.advance(len(labels))
print(sampler.position)
#> 4
