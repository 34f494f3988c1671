import torch

counts = torch.tensor([1, 2, 3])
print(counts + 0.5)
#> tensor([1.5000, 2.5000, 3.5000])
try:
    counts += 0.5
except RuntimeError as error:
    print(error)
    #> result type Float can't be cast to the desired output type Long

try:
    counts.add_(torch.ones(2, 3, dtype=torch.int64))
except RuntimeError as error:
    print(error)
    #> output with shape [3] doesn't match the broadcast shape [2, 3]
