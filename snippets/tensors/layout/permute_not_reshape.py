import torch

red = [255, 0, 0]
photo = torch.tensor([[red, red], [red, red]], dtype=torch.uint8)

print(photo.permute(2, 0, 1))
#> tensor([[[255, 255],
#>          [255, 255]],
#>
#>         [[  0,   0],
#>          [  0,   0]],
#>
#>         [[  0,   0],
#>          [  0,   0]]], dtype=torch.uint8)
print(photo.reshape(3, 2, 2))
#> tensor([[[255,   0],
#>          [  0, 255]],
#>
#>         [[  0,   0],
#>          [255,   0]],
#>
#>         [[  0, 255],
#>          [  0,   0]]], dtype=torch.uint8)
