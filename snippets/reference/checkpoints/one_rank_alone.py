# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
from snippets.checkpoints import CheckpointError, load, save
from snippets.ddp import distributed

with distributed(device="cpu") as here:
    if here.is_main:  # wrong: rank 1 does not call save
        try:
            save("last.pt", {"step": 1}, timeout=2)
        except CheckpointError as error:
            print(str(error).replace(": ", ":\n"))
            #> rank 0 called save(), but ranks [1] did not within 2 s:
            #> every rank must call it. If they are only late, pass a longer timeout=
        print(load("last.pt"))  # rank 0 wrote it before it waited
        #> {'step': 1}
