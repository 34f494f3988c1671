import torch
from torch import nn

device = torch.get_default_device().type
model, images = nn.Linear(4, 2), torch.ones(3, 4)
labels = torch.tensor([0, 1, 1])
with torch.autocast(device, dtype=torch.bfloat16):
    logits = model(images)
    loss = nn.functional.cross_entropy(logits.float(), labels)
loss.backward()
print(logits.dtype, loss.dtype)
#> torch.bfloat16 torch.float32
print(model.weight.dtype, model.weight.grad.dtype)
#> torch.float32 torch.float32

with torch.autocast(device, dtype=torch.bfloat16, enabled=False):
    print(model(images).dtype)
    #> torch.float32
