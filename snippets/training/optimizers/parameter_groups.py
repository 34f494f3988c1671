from torch import nn, optim

backbone, head = nn.Linear(8, 4), nn.Linear(4, 2)
optimizer = optim.SGD(
    [
        {"params": backbone.parameters(), "lr": 0.001},
        {"params": head.parameters()},
    ],
    lr=0.1,
    momentum=0.9,
)
for group in optimizer.param_groups:
    print(len(group["params"]), group["lr"], group["momentum"])
#> 2 0.001 0.9
#> 2 0.1 0.9

optimizer.param_groups[1]["lr"] = 0.05
print([group["lr"] for group in optimizer.param_groups])
#> [0.001, 0.05]
