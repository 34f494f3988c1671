import torch
from torch.utils.data import StackDataset

images = torch.arange(12).view(3, 2, 2)
captions = ["a cat", "a dog", "a hen"]
print(StackDataset(images, captions)[2])
#> (tensor([[ 8,  9],
#>         [10, 11]]), 'a hen')
print(StackDataset(image=images, text=captions)[0])
#> {'image': tensor([[0, 1],
#>         [2, 3]]), 'text': 'a cat'}
try:
    StackDataset(images, captions[:2])
except ValueError as error:
    print(error)
    #> Size mismatch between datasets
