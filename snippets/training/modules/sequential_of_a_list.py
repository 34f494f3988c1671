from torch import nn

layers = [nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)]
try:
    nn.Sequential(layers)
except TypeError as error:
    print(error)
    #> list is not a Module subclass
print(len(nn.Sequential(*layers)))
#> 3
