from torch.utils.data import DataLoader

loader = DataLoader(range(4), batch_size=2)
for name, value in [
    ("dataset", range(8)),
    ("batch_size", 4),
    ("sampler", [0, 1]),
    ("batch_sampler", [[0, 1]]),
    ("drop_last", True),
    ("persistent_workers", True),
]:
    try:
        setattr(loader, name, value)
    except ValueError as error:
        print(error)
#> dataset attribute should not be set after DataLoader is initialized
#> batch_size attribute should not be set after DataLoader is initialized
#> sampler attribute should not be set after DataLoader is initialized
#> batch_sampler attribute should not be set after DataLoader is initialized
#> drop_last attribute should not be set after DataLoader is initialized
#> persistent_workers attribute should not be set after DataLoader is initialized
