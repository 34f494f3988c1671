# Needs: cuda
import torch

torch.manual_seed(7)
assert torch.cuda.initial_seed() == 7
drawn = torch.rand(3, device="cuda")

torch.cuda.manual_seed_all(7)
assert torch.equal(torch.rand(3, device="cuda"), drawn)

torch.manual_seed(7)
assert not torch.equal(torch.rand(3, device="cpu"), drawn.cpu())
