import torch.distributed as dist

print(dist.is_available(), dist.is_initialized())
#> True False
try:
    dist.get_rank()
except ValueError as error:
    print(str(error).partition(",")[0])
    #> Default process group has not been initialized

alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
dist.init_process_group("gloo", **alone)
print(dist.is_initialized(), dist.get_rank(), dist.get_world_size())
#> True 0 1
try:
    dist.init_process_group("gloo", **alone)
except ValueError as error:
    print(error)
    #> trying to initialize the default process group twice!

dist.destroy_process_group()
print(dist.is_initialized())
#> False
