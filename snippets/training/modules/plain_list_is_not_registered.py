from torch import nn


class Plain(nn.Module):
    def __init__(self, container):
        super().__init__()
        self.layers = container([nn.Linear(4, 8), nn.Linear(8, 3)])


for container in list, nn.ModuleList:
    model = Plain(container)
    print(len(list(model.parameters())), len(model.state_dict()))
#> 0 0
#> 4 4
