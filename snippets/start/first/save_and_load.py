# Device: cpu
import torch
from torch import nn


def build_model():
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


torch.manual_seed(0)
images = torch.rand(6, 64)
model = build_model()  # trained, in your program
torch.save(model.state_dict(), "digits.pt")
print(f"{model(images)[0, 0].item():.4f} saved")
#> -0.1225 saved

copy = build_model()
print(f"{copy(images)[0, 0].item():.4f} new")
#> -0.0471 new
copy.load_state_dict(torch.load("digits.pt", weights_only=True))
print(f"{copy(images)[0, 0].item():.4f} loaded")
#> -0.1225 loaded
assert torch.equal(copy(images), model(images))
