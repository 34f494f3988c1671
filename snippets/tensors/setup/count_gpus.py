import torch

count = torch.cuda.device_count()
print(torch.cuda.is_available(), count)
#> ...
assert torch.cuda.is_available() == (count > 0)

try:
    print(torch.cuda.get_device_name())
    assert count > 0
except (AssertionError, RuntimeError) as error:
    print(type(error).__name__)
    assert count == 0
#> ...
