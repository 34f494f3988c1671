import torch

names = ["Ada", "Bob", "Cleo", "Dan"]
grades = torch.tensor([2, 1, 2, 1])
order = grades.argsort(stable=True)
print(order)
#> tensor([1, 3, 0, 2])
print([names[i] for i in order.tolist()])
#> ['Bob', 'Dan', 'Ada', 'Cleo']
print(torch.equal(torch.sort(grades, stable=True).indices, order))
#> True
