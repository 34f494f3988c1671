import torch.distributed as dist

alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
dist.init_process_group("gloo", group_name="mine", **alone)
print(dist.group.WORLD.group_name)
#> 0
dist.destroy_process_group()
