# Device: cpu
import torch

print(torch.Tensor(3).shape, torch.Tensor([3]))
#> torch.Size([3]) tensor([3.])
print(torch.tensor(3), torch.tensor([3]))
#> tensor(3) tensor([3])
print(torch.LongTensor([1.7]))
#> tensor([1])

torch.set_default_dtype(torch.float64)
print(torch.Tensor([3]).dtype, torch.FloatTensor([3]).dtype)
#> torch.float64 torch.float32
