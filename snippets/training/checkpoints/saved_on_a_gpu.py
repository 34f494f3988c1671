# Device: cpu
import torch

# Label the file as a machine with a hundred GPUs would.
torch.serialization.register_package(0, lambda data: "cuda:99", lambda *_: None)
torch.save({"weight": torch.ones(2)}, "gpu.pt")
try:
    torch.load("gpu.pt")
except RuntimeError as error:
    print(error)
    #> Attempting to deserialize object on ... device ... use torch.load with ...
print(torch.load("gpu.pt", map_location="cpu")["weight"])
#> tensor([1., 1.])
