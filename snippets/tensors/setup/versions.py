import torch

print("torch", torch.__version__)
#> torch ...
print("CUDA", torch.version.cuda)
#> CUDA ...
print("cuDNN", torch.backends.cudnn.version())
#> cuDNN ...

built_for_cuda = torch.version.cuda is not None
print(built_for_cuda == torch.backends.cuda.is_built())
#> True
