import torch

try:
    torch.device("cuda, 0")
except RuntimeError as error:
    print(error)
    #> Invalid device string: 'cuda, 0'

print(torch.device("cuda", 0) == torch.device("cuda:0"))
#> True
