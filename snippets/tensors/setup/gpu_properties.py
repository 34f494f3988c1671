# Needs: cuda
import torch

index = torch.cuda.current_device()
assert 0 <= index < torch.cuda.device_count()

properties = torch.cuda.get_device_properties(index)
assert torch.cuda.get_device_name(index) == properties.name

capability = torch.cuda.get_device_capability(index)
assert capability == (properties.major, properties.minor)

free, total = torch.cuda.mem_get_info(index)
assert 0 < free <= total
