import torch

logits = torch.tensor([2.0, 0.0, -1.0])
print(logits.sigmoid())
#> tensor([0.8808, 0.5000, 0.2689])
print(torch.logit(logits.sigmoid()))
#> tensor([ 2.0000,  0.0000, -1.0000])
print(logits.softmax(dim=0))
#> tensor([0.8438, 0.1142, 0.0420])
print((logits + 100).softmax(dim=0))
#> tensor([0.8438, 0.1142, 0.0420])
