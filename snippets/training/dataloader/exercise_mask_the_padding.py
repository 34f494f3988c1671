import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def pad_and_mask(samples):
    sequences = [torch.tensor(sample) for sample in samples]
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    batch = pad_sequence(sequences, batch_first=True)
    mask = torch.arange(batch.shape[1]) < lengths[:, None]
    return batch, mask


plants = [[14.0, 13.0, 15.0], [47.0], [60.0, 51.0]]
for batch, mask in DataLoader(plants, batch_size=3, collate_fn=pad_and_mask):
    print(mask)
    print(batch.sum(dim=1) / mask.sum(dim=1))
    print(batch.mean(dim=1))
#> tensor([[ True,  True,  True],
#>         [ True, False, False],
#>         [ True,  True, False]])
#> tensor([14.0000, 47.0000, 55.5000])
#> tensor([14.0000, 15.6667, 37.0000])
