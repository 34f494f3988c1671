import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def pad(samples):
    sequences = [torch.tensor(sample) for sample in samples]
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return pad_sequence(sequences, batch_first=True), lengths


dataset = [[1, 2, 3], [4], [5, 6]]
for batch, lengths in DataLoader(dataset, batch_size=3, collate_fn=pad):
    print(batch, lengths)
#> tensor([[1, 2, 3],
#>         [4, 0, 0],
#>         [5, 6, 0]]) tensor([3, 1, 2])
