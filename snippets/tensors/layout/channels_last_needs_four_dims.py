import torch

image = torch.zeros(3, 4, 5)
video = torch.zeros(2, 3, 8, 4, 5)
try:
    image.to(memory_format=torch.channels_last)
except RuntimeError as error:
    print(error)
    #> required rank 4 tensor to use channels_last format

y = video.to(memory_format=torch.channels_last_3d)
print(y.shape, y.stride())
#> torch.Size([2, 3, 8, 4, 5]) (480, 1, 60, 15, 3)
