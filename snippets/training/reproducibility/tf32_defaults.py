import torch

print("cuDNN:", torch.backends.cudnn.allow_tf32)
#> cuDNN: True
print("matrix products:", torch.backends.cuda.matmul.allow_tf32)
#> matrix products: False
