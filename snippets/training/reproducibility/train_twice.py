# Needs: snippets
# Device: cpu
import torch
from snippets.seeding import deterministic, seed_everything
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x = torch.linspace(-1, 1, 32).view(-1, 1)
data = TensorDataset(x, x**2)
deterministic().enable()
runs = []
for seed in [0, 0, 1]:
    seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    loader = DataLoader(data, batch_size=8, shuffle=True, generator=generator)
    model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.2), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(2):
        for inputs, target in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(inputs), target).backward()
            optimizer.step()
    loss = nn.functional.mse_loss(model.eval()(x), x**2).item()
    runs.append(nn.utils.parameters_to_vector(model.parameters()).detach())
    print(f"seed {seed}: loss {loss:.2f},", torch.equal(runs[-1], runs[0]))
#> seed 0: loss 0.12, True
#> seed 0: loss 0.12, True
#> seed 1: loss 0.10, False
