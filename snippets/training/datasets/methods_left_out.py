from torch.utils.data import Dataset


class Todo(Dataset):
    def __init__(self, n):
        self.n = n


dataset = Todo(5)
try:
    dataset[0]
except NotImplementedError as error:
    print(error)
    #> Subclasses of Dataset should implement __getitem__.
try:
    len(dataset)
except TypeError as error:
    print(error)
    #> object of type 'Todo' has no len()
