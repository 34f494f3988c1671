# Device: cpu
import torch

torch.manual_seed(0)
weights = torch.tensor([1.0, 0.0, 3.0])
drawn = torch.multinomial(weights, 10_000, replacement=True)
print(torch.bincount(drawn, minlength=3))
#> tensor([2469,    0, 7531])
share = torch.bincount(drawn, minlength=3) / 10_000
assert torch.allclose(share, weights / weights.sum(), atol=0.02)

print(torch.multinomial(weights, 2).sort().values)
#> tensor([0, 2])
try:
    torch.multinomial(weights, 4)
except RuntimeError as error:
    print(error)
    #> cannot sample n_sample > prob_dist.size(-1) samples without replacement
