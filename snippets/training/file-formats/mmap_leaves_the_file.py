# Device: cpu
import torch

torch.save({"a": torch.arange(4), "b": torch.zeros(1000)}, "model.pt")
state = torch.load("model.pt", mmap=True)
state["a"] += 10
print(state["a"])
#> tensor([10, 11, 12, 13])
print(torch.load("model.pt")["a"])
#> tensor([0, 1, 2, 3])
