import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.hidden = nn.Linear(features, 8)
        self.output = nn.Linear(8, classes)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


model = Classifier(features=4, classes=3)
print(model(torch.ones(2, 4)).shape)
#> torch.Size([2, 3])
print(model)
#> Classifier(
#>   (hidden): Linear(in_features=4, out_features=8, bias=True)
#>   (output): Linear(in_features=8, out_features=3, bias=True)
#> )
