import torch.distributed as dist

print(dist.is_available())
#> True
try:
    torch.distributed.init_process_group("gloo")  # noqa: F821
except NameError as error:
    print(error)
    #> name 'torch' is not defined
