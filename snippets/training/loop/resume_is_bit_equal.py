# Needs: snippets
# Device: cpu
import torch

from snippets.checkpoints import load, save
from snippets.seeding import RNGState


def train(epochs, resume=()):
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    parts = {"model": model, "optimizer": optimizer, "rng": RNGState()}
    for name in resume:
        parts[name].load_state_dict(load("last.pt")[name])
    for _ in range(epochs):
        optimizer.zero_grad()
        model(torch.rand(16, 4)).square().mean().backward()
        optimizer.step()
    return model.weight, {name: part.state_dict() for name, part in parts.items()}


save("last.pt", train(2)[1])
for parts in (["model", "optimizer", "rng"], ["model", "optimizer"], ["model", "rng"]):
    print(torch.equal(train(2, parts)[0], train(4)[0]), *parts)
#> True model optimizer rng
#> False model optimizer
#> False model rng
