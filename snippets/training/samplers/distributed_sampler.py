# Device: cpu
from torch.utils.data import DataLoader, DistributedSampler

dataset = range(5)
for rank in range(2):
    sampler = DistributedSampler(dataset, num_replicas=2, rank=rank, shuffle=False)
    loader = DataLoader(dataset, batch_size=2, sampler=sampler)
    print(rank, [batch.tolist() for batch in loader])
#> 0 [[0, 2], [4]]
#> 1 [[1, 3], [0]]
