import torch
from torch.utils.data import default_collate

setosa = torch.tensor([14, 2])
virginica = torch.tensor([60, 25])
sizes, labels, heights, names = default_collate(
    [(setosa, 0, 0.3, "setosa"), (virginica, 2, 0.9, "virginica")]
)
print(sizes.shape, labels, names)
#> torch.Size([2, 2]) tensor([0, 2]) ('setosa', 'virginica')
print(heights)
#> tensor([0.3000, 0.9000], dtype=torch.float64)

batch = default_collate(
    [{"size": setosa, "place": (8, 8)}, {"size": virginica, "place": (6, 4)}]
)
print(batch["size"].shape, batch["place"])
#> torch.Size([2, 2]) [tensor([8, 6]), tensor([8, 4])]
