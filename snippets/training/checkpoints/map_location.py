# Device: cpu
import torch

torch.save({"weight": torch.ones(2)}, "model.pt")
for device in ("cpu", torch.device("meta"), {"cpu": "meta"}, lambda data, tag: data):
    print(torch.load("model.pt", map_location=device)["weight"].device)
#> cpu
#> meta
#> meta
#> cpu
