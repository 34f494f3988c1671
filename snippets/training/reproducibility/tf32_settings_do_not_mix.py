# Needs: torch>=2.9
import torch

matmul = torch.backends.cuda.matmul
matmul.fp32_precision = "tf32"
try:
    print(matmul.allow_tf32)
except RuntimeError as error:
    print(error)
    #> PyTorch is checking ... mix of the legacy and new APIs to set the TF32 status ...
