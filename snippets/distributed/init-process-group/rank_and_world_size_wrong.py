import torch.distributed as dist


def attempt(**given):
    try:
        dist.init_process_group("gloo", store=dist.HashStore(), **given)
    except (AssertionError, RuntimeError, TypeError) as error:
        print(type(error).__name__, error)


attempt(rank=0)
#> AssertionError world_size must be positive if using store
attempt(rank=0, world_size=0)
#> AssertionError world_size must be positive if using store
attempt(rank=2, world_size=2)
#> RuntimeError ... rank < size. 2 vs 2
attempt(rank="0", world_size="1")
#> TypeError '>' not supported between instances of 'str' and 'int'
