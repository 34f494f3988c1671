import torch

for channels in (1, 3):
    x = torch.zeros(2, channels, 4, 5)
    last = x.is_contiguous(memory_format=torch.channels_last)
    print(f"{channels} channels {x.stride()}: default {x.is_contiguous()}, last {last}")
#> 1 channels (20, 20, 5, 1): default True, last True
#> 3 channels (60, 20, 5, 1): default True, last False
