import torch

available = {
    "cuda": torch.cuda.is_available(),
    "mps": torch.backends.mps.is_available(),
    "xpu": torch.xpu.is_available(),
    "cpu": torch.cpu.is_available(),
}
device = next(name for name, ready in available.items() if ready)
x = torch.ones(2, 3, device=device)
print(x.device)
#> ...
assert x.device.type == device
