import torch

labels = torch.tensor([1, 0, 2, 1])
one_hot = torch.zeros(4, 3).scatter_(1, labels.unsqueeze(1), 1.0)
print(one_hot)
#> tensor([[0., 1., 0.],
#>         [1., 0., 0.],
#>         [0., 0., 1.],
#>         [0., 1., 0.]])

votes = torch.zeros(3).scatter_add_(0, labels, torch.ones(4))
print(votes)
#> tensor([1., 2., 1.])

highest = torch.zeros(3).scatter_reduce(
    0, labels, torch.tensor([0.3, 0.9, 0.4, 0.8]), reduce="amax"
)
print(highest)
#> tensor([0.9000, 0.8000, 0.4000])
