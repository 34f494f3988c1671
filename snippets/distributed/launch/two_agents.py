# Device: cpu
import multiprocessing

from torch.distributed import TCPStore
from torch.distributed.run import main  # what torchrun calls

store = TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
torchrun = ["--nnodes=2", "--nproc-per-node=2", "--rdzv-backend=c10d", "--rdzv-id=job"]
torchrun += [f"--rdzv-endpoint=localhost:{store.port}", "--rdzv-conf=is_host=0"]
show = "echo rank $RANK machine $GROUP_RANK local rank $LOCAL_RANK >> seen.txt"
torchrun += ["--no-python", "sh", "-c", show]
fork = multiprocessing.get_context("fork")
machines = [fork.Process(target=main, args=[torchrun]) for _ in range(2)]
for machine in machines:
    machine.start()
for machine in machines:
    machine.join()
with open("seen.txt") as file:
    print(*sorted(file), sep="", end="")
#> rank 0 machine 0 local rank 0
#> rank 1 machine 0 local rank 1
#> rank 2 machine 1 local rank 0
#> rank 3 machine 1 local rank 1
