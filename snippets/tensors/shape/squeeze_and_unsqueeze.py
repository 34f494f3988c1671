import torch

x = torch.zeros(1, 3, 1, 5)
print(x.squeeze().shape)
#> torch.Size([3, 5])
print(x.squeeze(0).shape)
#> torch.Size([3, 1, 5])
print(x.squeeze(1).shape)
#> torch.Size([1, 3, 1, 5])
print(x.squeeze((0, 2)).shape)
#> torch.Size([3, 5])

line = torch.arange(3)
print(line.unsqueeze(0).shape)
#> torch.Size([1, 3])
print(line.unsqueeze(-1).shape)
#> torch.Size([3, 1])
print(line[:, None].shape)
#> torch.Size([3, 1])
print(line.unsqueeze(0).data_ptr() == line.data_ptr())
#> True
