# Needs: sklearn
# Device: cpu
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data[:64], dtype=torch.float32) / 16
labels = torch.tensor(digits.target[:64])
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

loss = nn.functional.cross_entropy(model(images), labels)
print(f"before the step: {loss.item():.2f}")
#> before the step: 2.32
optimizer.zero_grad()
loss.backward()
optimizer.step()
loss = nn.functional.cross_entropy(model(images), labels)
print(f"after the step: {loss.item():.2f}")
#> after the step: 2.25
