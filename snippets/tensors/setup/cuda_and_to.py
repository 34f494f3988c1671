# Needs: cuda
import torch

x = torch.tensor([1.0, 2.0], device="cpu")
y = x.cuda(0)
z = x.to("cuda:0")
assert x.device == torch.device("cpu")
assert y.device == z.device == torch.device("cuda:0")
assert torch.equal(y, z)

assert y.cuda(0) is y
assert y.to("cuda:0") is y
assert y.cpu().device == y.to("cpu").device == torch.device("cpu")
