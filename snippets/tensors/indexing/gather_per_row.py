import torch

scores = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
labels = torch.tensor([1, 2])
print(scores.gather(1, labels.unsqueeze(1)))
#> tensor([[0.7000],
#>         [0.3000]])
print(scores[torch.arange(2), labels])
#> tensor([0.7000, 0.3000])
try:
    scores.gather(1, labels)
except RuntimeError as error:
    print(error)
    #> Index tensor must have the same number of dimensions as input tensor

order = scores.argsort(dim=1, descending=True)
print(scores.gather(1, order))
#> tensor([[0.7000, 0.2000, 0.1000],
#>         [0.5000, 0.3000, 0.2000]])

first_column = torch.tensor([[0]])
print(scores.gather(1, first_column))
#> tensor([[0.1000]])
print(torch.take_along_dim(scores, first_column, dim=1))
#> tensor([[0.1000],
#>         [0.5000]])
