# Needs: snippets
# Device: cpu
import torch
from snippets.checkpoints import Checkpoints, load
from snippets.seeding import RNGState
from torch import nn

weights = {}
for folder, epochs in [("run", 3), ("run", 6), ("straight", 6)]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 2), nn.Dropout())
    optimizer = torch.optim.Adam(model.parameters())
    parts = {"model": model, "optimizer": optimizer, "rng": RNGState()}
    files, start = Checkpoints(folder), 0
    if newest := files.latest():
        state = load(newest)
        start = state["epoch"] + 1
        for name, part in parts.items():
            part.load_state_dict(state[name])
        print("resumes at epoch", start)
    for epoch in range(start, epochs):
        optimizer.zero_grad()
        model(torch.rand(5, 4)).square().mean().backward()
        optimizer.step()
        state = {name: part.state_dict() for name, part in parts.items()}
        files.save(epoch, {**state, "epoch": epoch})
    weights[folder] = model[0].weight
#> resumes at epoch 3
print((weights["run"] - weights["straight"]).abs().max().item())
#> 0.0
