# Needs: torch>=2.5
import torch
from torch import nn


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = nn.Buffer(torch.tensor(0))
        self.cache = nn.Buffer(torch.zeros(2), persistent=False)


model = Counter()
print([name for name, _ in model.named_buffers()])
#> ['steps', 'cache']
print(list(model.state_dict()))
#> ['steps']
