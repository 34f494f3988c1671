import torch

labels = torch.tensor([[1, 2, 3]])
print(torch.zeros_like(labels))
#> tensor([[0, 0, 0]])
print(torch.ones_like(labels, dtype=torch.float32))
#> tensor([[1., 1., 1.]])
print(torch.full_like(labels, -100))
#> tensor([[-100, -100, -100]])
print(torch.empty_like(labels).shape)
#> torch.Size([1, 3])
print(labels.new_zeros(2), labels.new_tensor([1.9]))
#> tensor([0, 0]) tensor([1])
