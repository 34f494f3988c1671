from pickle import PicklingError, dumps

from torch.utils.data import DataLoader, default_collate

for collate_fn in (default_collate, lambda samples: samples):
    loader = DataLoader(range(4), batch_size=2, collate_fn=collate_fn)
    try:
        print(type(dumps(loader.collate_fn)).__name__)
    except PicklingError as error:
        print(error)
#> bytes
#> Can't pickle <function <lambda> at ... attribute lookup <lambda> on __main__ failed

try:
    dumps(index for index in range(4))
except TypeError as error:
    print(error)
    #> cannot pickle 'generator' object
