import torch
from torch import nn

w = torch.empty(300, 600)
print(f"{nn.init.normal_(w, std=0.02).std():.3f}")
#> 0.020
print(f"{nn.init.xavier_normal_(w).std():.3f}", f"{(2 / 900) ** 0.5:.3f}")
#> 0.047 0.047
print(f"{nn.init.xavier_uniform_(w).max():.3f}", f"{(3 * 2 / 900) ** 0.5:.3f}")
#> 0.082 0.082
nn.init.kaiming_uniform_(w, nonlinearity="relu")
print(f"{w.max():.3f}", f"{(3 * 2 / 600) ** 0.5:.3f}")
#> 0.100 0.100
print(nn.init.constant_(w, 0.5).unique())
#> tensor([0.5000])
rows = nn.init.orthogonal_(w)
print(torch.allclose(rows @ rows.T, torch.eye(300), atol=1e-4))
#> True
