import torch

x = torch.tensor(3.0, requires_grad=True)
y = x * x
y.backward()
try:
    y.backward()
except RuntimeError as error:
    print(error)
    #> Trying to backward through the graph a second time ... Specify ...
