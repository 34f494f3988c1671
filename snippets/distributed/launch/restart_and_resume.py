# Device: cpu
import os

import torch
from torch.distributed.run import main  # what torchrun calls

PROGRAM = """import os, signal, torch, torch.distributed as dist
attempt, rank = (os.environ[n] for n in ("TORCHELASTIC_RESTART_COUNT", "RANK"))
state = torch.load("last.pt") if os.path.exists("last.pt") else {"step": 0, "sum": 0}
if rank == "0":
    print("attempt", attempt, "begins with", state, flush=True)
dist.init_process_group("gloo")
while state["step"] < 4:
    change = torch.tensor(int(rank) + 1)
    dist.all_reduce(change)
    state = {"step": state["step"] + 1, "sum": state["sum"] + change.item()}
    if rank == "0":
        torch.save(state, "last.pt")
    dist.barrier()
    if state["step"] == 2 and (rank, attempt) == ("1", "0"):
        os.kill(os.getpid(), signal.SIGKILL)
"""
with open("train.py", "w") as file:
    file.write(PROGRAM)
os.environ["TORCH_DISABLE_SHARE_RDZV_TCP_STORE"] = "1"
main(["--standalone", "--nproc-per-node=2", "--max-restarts=1", "train.py"])
print("ends with", torch.load("last.pt"))
#> attempt 0 begins with {'step': 0, 'sum': 0}
#> attempt 1 begins with {'step': 2, 'sum': 6}
#> ends with {'step': 4, 'sum': 12}
