import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
print(x.var())
#> tensor(1.6667)
print(x.var(correction=0))
#> tensor(1.2500)
print(x.std(), x.std(correction=0))
#> tensor(1.2910) tensor(1.1180)

squares = (x - x.mean()).pow(2).sum()
print(squares / 3, squares / 4)
#> tensor(1.6667) tensor(1.2500)
