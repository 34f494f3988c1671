# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

# What each rank counted in its part of the validation set.
correct, samples = (1, 1) if rank == 0 else (2, 4)
counts = torch.tensor([correct, samples])
dist.all_reduce(counts)  # now the sums over all ranks
correct_everywhere, all_samples = counts.tolist()
accuracy = correct_everywhere / all_samples
if rank == 0:
    print(f"of rank 0: {correct / samples:.1%}, of all ranks: {accuracy:.1%}")
    #> of rank 0: 100.0%, of all ranks: 60.0%
dist.destroy_process_group()
