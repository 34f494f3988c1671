from torch import nn, optim

model = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.Linear(8, 2))
matrices = [p for p in model.parameters() if p.ndim >= 2]
vectors = [p for p in model.parameters() if p.ndim < 2]
optimizer = optim.AdamW(
    [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0}],
    lr=1e-3,
)
for group in optimizer.param_groups:
    print(group["weight_decay"], [tuple(p.shape) for p in group["params"]])
#> 0.1 [(8, 4), (2, 8)]
#> 0 [(8,), (8,), (8,), (2,)]
