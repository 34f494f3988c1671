import torch
from torch import nn
from torch.nn import functional as F

anchor = torch.tensor([[0.0, 0.0]])
positive = torch.tensor([[3.0, 4.0]])
negative = torch.tensor([[0.0, 5.5]])
print(nn.TripletMarginLoss(margin=1.0)(anchor, positive, negative))
#> tensor(0.5000)
near, far = (anchor - positive).norm(), (anchor - negative).norm()
print((near - far + 1.0).clamp(min=0))
#> tensor(0.5000)

a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 4.0]])
print(nn.CosineEmbeddingLoss()(a, b, torch.tensor([1])))
#> tensor(0.4000)
print(nn.CosineEmbeddingLoss()(a, b, torch.tensor([-1])))
#> tensor(0.6000)
print(F.cosine_similarity(a, b))
#> tensor([0.6000])
