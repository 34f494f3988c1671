import torch

logits = torch.tensor([[2.0, 0.5, 0.1], [0.2, 0.3, 0.9], [1.5, 1.0, 0.0]])
labels = torch.tensor([0, 2, 1])

predictions = logits.argmax(dim=1)
print(predictions)
#> tensor([0, 2, 0])
correct = predictions == labels
print(correct)
#> tensor([ True,  True, False])
print(correct.sum(), correct.float().mean())
#> tensor(2) tensor(0.6667)
