from torch import nn

words = " ".join(nn.DataParallel.__doc__.split())
_, advice = words.split("It is recommended to use ")
for part in advice.partition("See:")[0].split(", "):
    print(part.strip())
#> :class:`~torch.nn.parallel.DistributedDataParallel`
#> instead of this class
#> to do multi-GPU training
#> even if there is only a single node.
