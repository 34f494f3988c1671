import torch

wrong = "cuda" if torch.cuda.is_available else "cpu"
right = "cuda" if torch.cuda.is_available() else "cpu"

print(wrong)
#> cuda
print((right == "cuda") == (torch.cuda.device_count() > 0))
#> True
