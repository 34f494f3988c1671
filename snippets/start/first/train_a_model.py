# Needs: sklearn
# Device: cpu
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
train_set, test_set = random_split(TensorDataset(images, labels), [1397, 400])
loader = DataLoader(train_set, batch_size=64, shuffle=True)

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(1, 6):
    for images, labels in loader:
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: loss {loss.item():.2f}")
#> epoch 1: loss 1.24
#> epoch 2: loss 0.38
#> epoch 3: loss 0.31
#> epoch 4: loss 0.25
#> epoch 5: loss 0.21

model.eval()
images, labels = test_set[:]
with torch.no_grad():
    correct = model(images).argmax(dim=1) == labels
print(f"test accuracy {correct.float().mean().item():.0%}")
#> test accuracy 95%
