import torch.distributed as dist

for address in ("localhost", "http://localhost", "tcp://localhost", "file://meet"):
    try:
        dist.init_process_group("gloo", init_method=address, rank=0, world_size=1)
    except (RuntimeError, ValueError) as error:
        print(error)
#> No rendezvous handler for ://
#> No rendezvous handler for http://
#> Error initializing torch.distributed using tcp:// rendezvous: port number missing
#> Error initializing torch.distributed using file:// rendezvous: path missing
