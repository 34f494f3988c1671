from torch import nn, optim

model = nn.Linear(4, 2)
parameters = model.parameters()
print(sum(p.numel() for p in parameters))
#> 10
for params in (parameters, model.weight, [model.weight.t()]):
    try:
        optim.SGD(params, lr=0.1)
    except (TypeError, ValueError) as error:
        print(error)
#> optimizer got an empty parameter list
#> params ... should be an iterable of Tensors or dicts, but got ...
#> can't optimize a non-leaf Tensor
