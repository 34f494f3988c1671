import torch

images = torch.zeros(8, 3, 4, 5)
print(images.flatten().shape)
#> torch.Size([480])
print(images.flatten(start_dim=1).shape)
#> torch.Size([8, 60])
print(images.flatten(start_dim=0, end_dim=1).shape)
#> torch.Size([24, 4, 5])

flat = images.flatten(1)
print(flat.unflatten(1, (3, 4, 5)).shape)
#> torch.Size([8, 3, 4, 5])
print(flat.unflatten(1, (3, -1)).shape)
#> torch.Size([8, 3, 20])
