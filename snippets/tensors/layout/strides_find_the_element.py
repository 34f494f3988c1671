import torch

x = torch.arange(24).view(1, 2, 3, 4)
print(x.stride())
#> (24, 12, 4, 1)

n, c, h, w = 0, 1, 2, 3
place = n * x.stride(0) + c * x.stride(1) + h * x.stride(2) + w * x.stride(3)
print(place)
#> 23

in_memory = x.as_strided((24,), (1,))
print(in_memory[place] == x[n, c, h, w])
#> tensor(True)
