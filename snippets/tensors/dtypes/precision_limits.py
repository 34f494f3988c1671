import torch

x = torch.tensor([256, 257, 2049, 16_777_217])
print(x.to(torch.bfloat16).long())
#> tensor([     256,      256,     2048, 16777216])
print(x[:3].to(torch.float16).long())
#> tensor([ 256,  257, 2048])
print(x.to(torch.float32).long())
#> tensor([     256,      257,     2049, 16777216])
print(x.to(torch.float64).long())
#> tensor([     256,      257,     2049, 16777217])

print(torch.tensor(0.1).double().item())
#> 0.10000000149011612
