from torch.utils.data import DataLoader, default_collate


def skip_missing(samples):
    return default_collate([sample for sample in samples if sample is not None])


dataset = [1, None, 3, 4]
loader = DataLoader(dataset, batch_size=2, collate_fn=list)
print(list(loader))
#> [[1, None], [3, 4]]
loader = DataLoader(dataset, batch_size=2, collate_fn=skip_missing)
print(list(loader))
#> [tensor([1]), tensor([3, 4])]
