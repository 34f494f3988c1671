from torch import nn

relu = nn.ReLU()
model = nn.Sequential(nn.Linear(4, 8), relu, nn.Linear(8, 8), relu)
print(len(model), len(list(model.children())), len(list(model.modules())))
#> 4 3 4
print(len(list(model.named_modules(remove_duplicate=False))))
#> 5
