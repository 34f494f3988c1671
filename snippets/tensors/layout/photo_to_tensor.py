import torch

red, green, blue = [255, 0, 0], [0, 255, 0], [0, 0, 255]
photo = torch.tensor([[red, green, blue], [red, red, red]], dtype=torch.uint8)
print(photo.shape)
#> torch.Size([2, 3, 3])

image = photo.permute(2, 0, 1).float() / 255
print(image.shape)
#> torch.Size([3, 2, 3])
print(image[0])
#> tensor([[1., 0., 0.],
#>         [1., 1., 1.]])

batch = image.unsqueeze(0)
print(batch.shape)
#> torch.Size([1, 3, 2, 3])
