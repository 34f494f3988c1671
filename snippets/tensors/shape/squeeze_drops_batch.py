import torch

for batch_size in (4, 1):
    scores = torch.zeros(batch_size, 1)
    print(scores.squeeze().shape, scores.squeeze(1).shape)
#> torch.Size([4]) torch.Size([4])
#> torch.Size([]) torch.Size([1])
