from torch.utils.data import Dataset


class Squares(Dataset):
    def __int__(self, n):
        self.n = n

    def __len__(self):
        return self.n


try:
    Squares(5)
except TypeError as error:
    print(error)
    #> Squares() takes no arguments
