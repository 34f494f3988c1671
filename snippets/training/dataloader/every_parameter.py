# Needs: torch>=2.6
import inspect

from torch.utils.data import DataLoader

for name, parameter in inspect.signature(DataLoader).parameters.items():
    required = parameter.default is parameter.empty
    print(name, "(required)" if required else repr(parameter.default))
#> dataset (required)
#> batch_size 1
#> shuffle None
#> sampler None
#> batch_sampler None
#> num_workers 0
#> collate_fn None
#> pin_memory False
#> drop_last False
#> timeout 0
#> worker_init_fn None
#> multiprocessing_context None
#> generator None
#> prefetch_factor None
#> persistent_workers False
#> pin_memory_device ''
#> in_order True
