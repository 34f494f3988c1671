import torch.distributed as dist

alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
dist.init_process_group("gloo", pg_options="anything", **alone)
print(dist.get_backend())
#> gloo
dist.destroy_process_group()
