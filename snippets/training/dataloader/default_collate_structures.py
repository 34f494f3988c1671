import torch
from torch.utils.data import default_collate

image = torch.zeros(1, 8, 8)
images, labels, weights, names = default_collate(
    [(image, 3, 0.5, "a.png"), (image, 7, 1.0, "b.png")]
)
print(images.shape, labels, names)
#> torch.Size([2, 1, 8, 8]) tensor([3, 7]) ('a.png', 'b.png')
print(weights)
#> tensor([0.5000, 1.0000], dtype=torch.float64)

batch = default_collate([{"x": image, "size": (8, 8)}, {"x": image, "size": (6, 4)}])
print(batch["x"].shape, batch["size"])
#> torch.Size([2, 1, 8, 8]) [tensor([8, 6]), tensor([8, 4])]
