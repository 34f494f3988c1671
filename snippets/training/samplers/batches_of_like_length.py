from torch.utils.data import DataLoader, Sampler


class LikeLengths(Sampler):
    def __init__(self, words, batch_size):
        self.words, self.batch_size = words, batch_size

    def __len__(self):
        return -(-len(self.words) // self.batch_size)

    def __iter__(self):
        order = sorted(range(len(self.words)), key=lambda k: len(self.words[k]))
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size]


words = ["gradient", "a", "loss", "step", "it"]
loader = DataLoader(words, batch_sampler=LikeLengths(words, 2))
print(len(loader), list(loader))
#> 3 [['a', 'it'], ['loss', 'step'], ['gradient']]
