from torch.utils.data import DataLoader, default_collate


def skip_missing(samples):
    return default_collate([sample for sample in samples if sample is not None])


petals = [14, None, 47, 45]
loader = DataLoader(petals, batch_size=2, collate_fn=list)
print(list(loader))
#> [[14, None], [47, 45]]
loader = DataLoader(petals, batch_size=2, collate_fn=skip_missing)
print(list(loader))
#> [tensor([14]), tensor([47, 45])]
