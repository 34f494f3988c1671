from torch import nn, optim

head, backbone = nn.Linear(4, 2), nn.Linear(8, 4)
optimizer = optim.SGD(head.parameters(), lr=0.1)
optimizer.add_param_group({"params": backbone.parameters(), "lr": 0.01})
print([group["lr"] for group in optimizer.param_groups])
#> [0.1, 0.01]
try:
    optimizer.add_param_group({"params": [head.weight]})
except ValueError as error:
    print(error)
    #> some parameters appear in more than one parameter group
