import torch

first = torch.device("cuda", 0)
print(first, first.type, first.index)
#> cuda:0 cuda 0
print(first == torch.device("cuda:0"))
#> True

current = torch.device("cuda")
print(current.index, current == first)
#> None False

print(torch.device("cuda:99"))
#> cuda:99
print(torch.device("cpu"), torch.device("meta"), torch.device("mps"))
#> cpu meta mps
