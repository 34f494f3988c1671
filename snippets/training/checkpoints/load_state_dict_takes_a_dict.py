import torch
from torch import nn

model = nn.Linear(4, 2)
torch.save(model.state_dict(), "model.pt")
try:
    model.load_state_dict("model.pt")
except TypeError as error:
    print(error)
    #> Expected state_dict to be dict-like, got <class 'str'>.

model = model.load_state_dict(torch.load("model.pt"))
try:
    model.eval()
except AttributeError as error:
    print(error)
    #> '_IncompatibleKeys' object has no attribute 'eval'
