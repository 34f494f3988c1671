import torch

a = torch.arange(6.0).view(2, 3)
b = torch.arange(12.0).view(3, 4)
print(torch.equal(torch.einsum("ij,jk->ik", a, b), a @ b))
#> True
print(torch.equal(torch.einsum("ij->ji", a), a.t()))
#> True
print(torch.einsum("ij->i", a), a.sum(dim=1))
#> tensor([ 3., 12.]) tensor([ 3., 12.])
print(torch.einsum("i,j->ij", a[0], a[1]))
#> tensor([[ 0.,  0.,  0.],
#>         [ 3.,  4.,  5.],
#>         [ 6.,  8., 10.]])

queries = torch.ones(8, 2, 5, 16)
keys = torch.ones(8, 2, 7, 16)
print(torch.einsum("bhqd,bhkd->bhqk", queries, keys).shape)
#> torch.Size([8, 2, 5, 7])
