# Device: cpu
import torch

counts = torch.tensor([1, 2, 3])
weights = torch.tensor([0.5, 0.5, 0.5])
print(counts.type())
#> torch.LongTensor
print(counts.type(torch.float16))
#> tensor([1., 2., 3.], dtype=torch.float16)
print(counts.type_as(weights))
#> tensor([1., 2., 3.])
print(hasattr(torch, "type"), hasattr(torch, "type_as"))
#> False False
