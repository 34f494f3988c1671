import torch

for scale in (0.01, 1.0, 100.0):
    for optimizer_class in (torch.optim.SGD, torch.optim.Adam):
        w = torch.tensor([4.0], requires_grad=True)
        optimizer = optimizer_class([w], lr=0.01)
        (scale * w**2).sum().backward()
        optimizer.step()
        print(f"{scale:6} {optimizer_class.__name__:4} {4 - w.item():.4f}")
#>   0.01 SGD  0.0008
#>   0.01 Adam 0.0100
#>    1.0 SGD  0.0800
#>    1.0 Adam 0.0100
#>  100.0 SGD  8.0000
#>  100.0 Adam 0.0100
