import torch

x = torch.arange(5000)
back = x.to(torch.float16).long()
changed = x[back != x]
print(changed[0], back[changed[0]])
#> tensor(2049) tensor(2048)
print(torch.arange(2049).to(torch.float16).unique().numel())
#> 2049
