# Needs: torch>=2.9
import torch

matmul = torch.backends.cuda.matmul
matmul.fp32_precision = "tf32"
try:
    print(matmul.allow_tf32)
except RuntimeError as error:
    print(error)
    #> PyTorch is checking whether allow_tf32_new is enabled for cuBlas matmul,...
