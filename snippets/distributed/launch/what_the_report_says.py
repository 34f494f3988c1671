# Device: cpu
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main  # what torchrun calls

PROGRAM = """import torch.distributed as dist
from torch.distributed.elastic.multiprocessing.errors import record

@record
def main():
    dist.init_process_group("gloo")
    if dist.get_rank() == 1:
        raise ValueError("no such class: 10")
    dist.barrier()

main()
"""
with open("train.py", "w") as file:
    file.write(PROGRAM)
try:
    main(["--standalone", "--nproc-per-node=2", "train.py"])
except ChildFailedError as error:
    lines = [line.strip() for line in str(error).splitlines()]
    print([line for line in lines if line.startswith("ValueError")])
    #> ['ValueError: no such class: 10']
