import torch.distributed as dist

alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
dist.init_process_group("gloo", group_name="mine", **alone)
print(dist.group.WORLD.group_name == "mine")
#> False
dist.destroy_process_group()
