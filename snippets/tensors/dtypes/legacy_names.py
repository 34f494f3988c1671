# Device: cpu
import torch

print(torch.DoubleTensor([1]).dtype, torch.FloatTensor([1]).dtype)
#> torch.float64 torch.float32
print(torch.HalfTensor([1]).dtype, torch.BFloat16Tensor([1]).dtype)
#> torch.float16 torch.bfloat16
print(torch.LongTensor([1]).dtype, torch.IntTensor([1]).dtype)
#> torch.int64 torch.int32
print(torch.ShortTensor([1]).dtype, torch.CharTensor([1]).dtype)
#> torch.int16 torch.int8
print(torch.ByteTensor([1]).dtype, torch.BoolTensor([1]).dtype)
#> torch.uint8 torch.bool

x = torch.ones(2)
print(x.type(), x.long().type(), type(x))
#> torch.FloatTensor torch.LongTensor <class 'torch.Tensor'>
