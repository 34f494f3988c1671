import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, length):
        super().__init__()
        mask = torch.ones(length, length).tril().bool()
        self.register_buffer("mask", mask, persistent=False)


model = Attention(3)
print([name for name, _ in model.named_buffers()], list(model.state_dict()))
#> ['mask'] []
print(model.to("meta").mask.device)
#> meta
