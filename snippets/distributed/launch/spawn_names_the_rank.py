# Device: cpu
import torch.multiprocessing as mp


def work(rank):
    if rank == 1:
        raise ValueError("no such class: 10")


if __name__ == "__main__":
    try:
        mp.spawn(work, nprocs=2)
    except mp.ProcessRaisedException as error:
        lines = str(error).strip().splitlines()
        print(error.error_index, lines[0])
        #> 1 -- Process 1 terminated with the following error:
        print(lines[-1])
        #> ValueError: no such class: 10
