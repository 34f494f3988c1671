# Warns: FutureWarning
import torch


@torch.no_grad()
class Doubler:
    def __init__(self):
        self.recording = torch.is_grad_enabled()

    def __call__(self, x):
        return x * 2


double = Doubler()
x = torch.ones(2, requires_grad=True)
print(double.recording, double(x).requires_grad)
#> False True
