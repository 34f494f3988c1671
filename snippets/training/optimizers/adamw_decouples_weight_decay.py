import torch

for optimizer_class in (torch.optim.Adam, torch.optim.AdamW):
    w = torch.tensor([4.0, 0.5], requires_grad=True)
    optimizer = optimizer_class([w], lr=0.1, weight_decay=0.2)
    w.grad = torch.zeros(2)
    optimizer.step()
    print(optimizer_class.__name__, w.detach())
#> Adam tensor([3.9000, 0.4000])
#> AdamW tensor([3.9200, 0.4900])
print(torch.tensor([4.0, 0.5]) * (1 - 0.1 * 0.2))
#> tensor([3.9200, 0.4900])
