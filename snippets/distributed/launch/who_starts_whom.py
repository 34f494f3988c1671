# Needs: matplotlib
import tempfile

import matplotlib.pyplot as plt
from torch.distributed import TCPStore
from torch.distributed.run import main  # what torchrun calls
from torch.multiprocessing import start_processes

store = TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
torchrun = ["--nnodes=2", "--nproc-per-node=2", "--rdzv-backend=c10d", "--rdzv-id=job"]
torchrun += [f"--rdzv-endpoint=localhost:{store.port}", "--rdzv-conf=is_host=0"]
with tempfile.NamedTemporaryFile("r") as file:
    show = f"echo $GROUP_RANK $LOCAL_RANK $RANK >> {file.name}"
    words = [*torchrun, "--no-python", "sh", "-c", show]
    start_processes(lambda _: main(words), nprocs=2, start_method="fork")
    workers = sorted(tuple(map(int, line.split())) for line in file)
print(workers)
#> [(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3)]
figure, axes = plt.subplots(figsize=(7.5, 3), layout="constrained")
axes.set(xlim=(0, 8), ylim=(0.2, 2.5), frame_on=False, xticks=[], yticks=[])
box = {"boxstyle": "round,pad=0.5", "facecolor": "none", "edgecolor": "C0"}
arrow, center = {"arrowstyle": "->", "color": "C0"}, {"ha": "center", "va": "center"}
plt.text(4, 2, "←  rendezvous  →", **center)
for host, local_rank, rank in workers:
    x = 4 * host + 2 * local_rank + 1
    axes.annotate("", (x, 0.95), (4 * host + 2, 1.75), arrowprops=arrow)
    axes.text(x, 0.6, f"RANK={rank}\nLOCAL_RANK={local_rank}", bbox=box, **center)
for host in 0, 1:
    axes.text(4 * host + 2, 2, f"torchrun\nGROUP_RANK={host}", bbox=box, **center)
figure.savefig("who_starts_whom.svg")
