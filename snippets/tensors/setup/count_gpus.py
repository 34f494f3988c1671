import torch

count = torch.cuda.device_count()
print(torch.cuda.is_available() == (count > 0))
#> True

try:
    print(len(torch.cuda.get_device_name()) > 0)
except (AssertionError, RuntimeError):
    print(count == 0)
    #> True
