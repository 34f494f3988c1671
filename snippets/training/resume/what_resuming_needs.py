# Device: cpu
import torch
from torch import nn


def train(steps, saved):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 2), nn.Dropout())
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
    scaler = torch.amp.GradScaler("cpu", 2.0**100, 2.0**26, growth_interval=2)
    parts = dict(model=model, optimizer=optimizer, scheduler=scheduler, scaler=scaler)
    for name in parts.keys() & saved.keys():
        parts[name].load_state_dict(saved[name])
    torch.set_rng_state(saved.get("rng", torch.get_rng_state()))
    for step in range(steps):
        optimizer.zero_grad()
        scaler.scale(model(torch.rand(5, 4)).square().sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
    return {name: part.state_dict() for name, part in parts.items()}


straight = train(10, {})["model"]["0.weight"]
torch.save({**train(5, {}), "rng": torch.get_rng_state()}, "last.pt")
for left_out in ["none", "model", "optimizer", "scheduler", "scaler", "rng"]:
    saved = {k: v for k, v in torch.load("last.pt").items() if k != left_out}
    print(left_out, train(5, saved)["model"]["0.weight"].equal(straight), end=";")
#> none True;model False;optimizer False;scheduler False;scaler False;rng False;
