import torch.distributed as dist

alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
dist.init_process_group("cpu:gloo", **alone)
print(dist.get_backend())
#> cpu:gloo
dist.destroy_process_group()
