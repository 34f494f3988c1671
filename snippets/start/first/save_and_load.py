# Device: cpu
import torch
from torch import nn


def build_model():
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


model = build_model()  # trained, in your program
torch.save(model.state_dict(), "digits.pt")

copy = build_model()
images = torch.rand(5, 64)
print(torch.equal(copy(images), model(images)))
#> False
copy.load_state_dict(torch.load("digits.pt", weights_only=True))
print(torch.equal(copy(images), model(images)))
#> True
