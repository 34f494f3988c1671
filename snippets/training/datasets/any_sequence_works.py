from torch.utils.data import DataLoader

squares = [n * n for n in range(5)]
print([batch.tolist() for batch in DataLoader(squares, batch_size=2)])
#> [[0, 1], [4, 9], [16]]

table = {"ann": 31, "bob": 27, "eve": 45}
loader = DataLoader(table, batch_size=2, sampler=["eve", "ann", "bob"])
print([batch.tolist() for batch in loader])
#> [[45, 31], [27]]
try:
    next(iter(DataLoader(table)))
except KeyError as error:
    print("KeyError:", error)
    #> KeyError: 0
