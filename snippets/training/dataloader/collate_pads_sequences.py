import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def pad(samples):
    sequences = [torch.tensor(sample) for sample in samples]
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return pad_sequence(sequences, batch_first=True), lengths


plants = [[14, 13, 15], [47], [60, 51]]
for batch, lengths in DataLoader(plants, batch_size=3, collate_fn=pad):
    print(batch, lengths)
#> tensor([[14, 13, 15],
#>         [47,  0,  0],
#>         [60, 51,  0]]) tensor([3, 1, 2])
