# Needs: snippets
# Device: cpu
import os

from snippets.ddp import distributed

os.environ |= {"SLURM_PROCID": "1", "SLURM_NTASKS": "2"}  # as srun -n 2 sets them
try:
    with distributed(device="cpu"):
        pass
except RuntimeError as error:
    print(str(error).partition(":")[0])
    #> this is task 1 of 2 of Slurm, but torchrun's variables are not set for it
