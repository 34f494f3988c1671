import torch

a = torch.tensor([1.0, 2.0])
result = torch.empty(2)
before = result.data_ptr()
torch.add(a, 10, out=result)
print(result)
#> tensor([11., 12.])
torch.mul(result, 2, out=result)
print(result, result.data_ptr() == before)
#> tensor([22., 24.]) True
