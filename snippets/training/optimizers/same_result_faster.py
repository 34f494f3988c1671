import torch

results = []
for option in ({"foreach": False}, {"foreach": True}, {"fused": True}):
    w = torch.tensor([4.0, -2.0], requires_grad=True)
    optimizer = torch.optim.AdamW([w], lr=0.1, **option)
    for step in range(5):
        optimizer.zero_grad()
        (w**2).sum().backward()
        optimizer.step()
    results.append(w.detach())
print(*results, sep="\n")
#> tensor([ 3.4824, -1.4940])
#> tensor([ 3.4824, -1.4940])
#> tensor([ 3.4824, -1.4940])
assert torch.allclose(results[0], results[1])
assert torch.allclose(results[0], results[2])
