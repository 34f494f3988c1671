import torch

image = torch.zeros(480, 640, 3)
print(image.permute(2, 0, 1).shape)
#> torch.Size([3, 480, 640])
print(torch.permute(image, (2, 0, 1)).shape)
#> torch.Size([3, 480, 640])
print(image.transpose(0, 1).shape)
#> torch.Size([640, 480, 3])
print(image.movedim(-1, 0).shape)
#> torch.Size([3, 480, 640])

channels_first = image.permute(2, 0, 1)
channels_first[0, 0, 0] = 255
print(image[0, 0, 0])
#> tensor(255.)

try:
    image.permute(2, 0)
except RuntimeError as error:
    print(error)
    #> ... number of dimensions in the tensor input does not match ...
