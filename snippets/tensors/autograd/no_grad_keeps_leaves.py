import torch

w = torch.ones(2, requires_grad=True)
with torch.no_grad():
    new = torch.zeros(2, requires_grad=True)
    layer = torch.nn.Linear(2, 2)
    print(w.requires_grad, new.requires_grad, layer.weight.requires_grad)
    #> True True True
    print((w * 2).requires_grad, layer(w).requires_grad)
    #> False False
