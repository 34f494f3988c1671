import torch

gray = torch.zeros(2, 1, 4, 5)
print(gray.is_contiguous())
#> True
print(gray.is_contiguous(memory_format=torch.channels_last))
#> True

color = torch.zeros(2, 3, 4, 5)
print(color.is_contiguous())
#> True
print(color.is_contiguous(memory_format=torch.channels_last))
#> False
