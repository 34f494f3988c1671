from torch.distributed.run import main  # what torchrun calls

names = ["RANK", "LOCAL_RANK", "GROUP_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"]
names += ["MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RESTART_COUNT"]
show = "echo " + " ".join("$" + name for name in names) + " > rank-$RANK"
main(["--standalone", "--nproc-per-node=2", "--no-python", "sh", "-c", show])

values = []
for rank in range(2):
    with open(f"rank-{rank}") as file:
        values.append(file.read().split())
for name, *of_ranks in zip(names, *values):
    print(name, *of_ranks)
#> RANK 0 1
#> LOCAL_RANK 0 1
#> GROUP_RANK 0 0
#> WORLD_SIZE 2 2
#> LOCAL_WORLD_SIZE 2 2
#> MASTER_ADDR ... ...
#> MASTER_PORT ... ...
#> TORCHELASTIC_RESTART_COUNT 0 0
