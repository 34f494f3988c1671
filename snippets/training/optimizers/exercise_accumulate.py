import torch
from torch import nn

x = torch.arange(8.0).view(8, 1) / 8
y = 2 * x + 1
for accumulate in (1, 4):
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(20):
        optimizer.zero_grad()
        size = 8 // accumulate
        for inputs, target in zip(x.split(size), y.split(size)):
            loss = nn.functional.mse_loss(model(inputs), target)
            (loss / accumulate).backward()
        optimizer.step()
    print(accumulate, f"{model.weight.item():.4f} {model.bias.item():.4f}")
#> 1 0.8828 1.5188
#> 4 0.8828 1.5188
