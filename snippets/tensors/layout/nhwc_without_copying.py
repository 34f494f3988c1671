import torch

nhwc = torch.arange(24.0).view(1, 2, 4, 3)
x = nhwc.permute(0, 3, 1, 2)

print(x.shape)
#> torch.Size([1, 3, 2, 4])
print(x.is_contiguous(memory_format=torch.channels_last))
#> True
print(x.data_ptr() == nhwc.data_ptr())
#> True
