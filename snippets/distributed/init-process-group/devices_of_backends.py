import torch.distributed as dist

for backend in ("gloo", "nccl", "mpi"):
    print(backend, dist.Backend.backend_capability[backend])
#> gloo ['cpu', 'cuda']
#> nccl ['cuda']
#> mpi ['cpu', 'cuda']

for device in ("cpu", "cuda"):
    print(device, dist.Backend.default_device_backend_map[device])
#> cpu gloo
#> cuda nccl
