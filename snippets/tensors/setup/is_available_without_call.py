import torch

wrong = "cuda" if torch.cuda.is_available else "cpu"
right = "cuda" if torch.cuda.is_available() else "cpu"

print(wrong)
#> cuda
print(right)
#> ...
assert right == ("cuda" if torch.cuda.device_count() > 0 else "cpu")
