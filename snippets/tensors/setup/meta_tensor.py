import torch

x = torch.empty(200_000, 200_000, device="meta")
print(x.shape, x.nbytes)
#> torch.Size([200000, 200000]) 160000000000
print((x @ x[:, :10]).shape)
#> torch.Size([200000, 10])

try:
    x[:2, :3].to("cpu")
except NotImplementedError as error:
    print(error)
    #> Cannot copy out of meta tensor; no data!
