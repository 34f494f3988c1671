import torch

a = torch.tensor([200, 100, 250], dtype=torch.uint8)
b = torch.tensor([100, 50, 250], dtype=torch.uint8)
print((a + b) // 2)
#> tensor([ 22,  75, 122], dtype=torch.uint8)

average = (a.float() + b.float()) / 2
print(average.round().to(torch.uint8))
#> tensor([150,  75, 250], dtype=torch.uint8)
