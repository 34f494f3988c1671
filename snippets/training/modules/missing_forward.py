import torch
from torch import nn


class Classifier(nn.Module):
    pass


model = Classifier()
print(model, len(list(model.parameters())))
#> Classifier() 0
try:
    model(torch.ones(2, 4))
except NotImplementedError as error:
    print(error)
    #> Module [Classifier] is missing the required "forward" function
