# Device: cpu
import torch.multiprocessing as mp


def work(rank, barrier):
    barrier.wait()  # both have started
    if rank == 1:
        raise ValueError("no such class: 10")
    barrier.wait()  # rank 1 does not come


if __name__ == "__main__":
    barrier = mp.get_context("spawn").Barrier(2)
    try:
        mp.spawn(work, args=[barrier], nprocs=2)
    except mp.ProcessRaisedException as error:
        lines = str(error).strip().splitlines()
        print(error.error_index, lines[0])
        #> 1 -- Process 1 terminated with the following error:
        print(lines[-1])
        #> ValueError: no such class: 10
