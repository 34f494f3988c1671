import torch

torch.use_deterministic_algorithms(True)
print(torch.empty(2), torch.empty(2, dtype=torch.uint8))
#> tensor([nan, nan]) tensor([255, 255], dtype=torch.uint8)

torch.utils.deterministic.fill_uninitialized_memory = False
print(torch.empty(2).shape)
#> torch.Size([2])
