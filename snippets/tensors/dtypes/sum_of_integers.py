import torch

pixels = torch.tensor([200, 100], dtype=torch.uint8)
print(pixels.sum(), pixels.sum().dtype)
#> tensor(300) torch.int64
print(pixels.float().mean())
#> tensor(150.)
try:
    pixels.mean()
except RuntimeError as error:
    print(error)
    #> mean(): could not infer output dtype. ... Got: Byte
