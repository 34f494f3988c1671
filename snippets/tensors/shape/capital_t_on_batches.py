# Warns: UserWarning
import torch

batch = torch.zeros(8, 2, 3)
print(batch.T.shape)
#> torch.Size([3, 2, 8])
print(batch.permute(2, 1, 0).shape)
#> torch.Size([3, 2, 8])
print(batch.mT.shape)
#> torch.Size([8, 3, 2])
