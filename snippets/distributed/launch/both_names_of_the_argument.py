# Run: torchrun --standalone --nproc-per-node=1 FILE
import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument(
    "--local-rank", "--local_rank", type=int, default=os.environ.get("LOCAL_RANK")
)
print(parser.parse_args().local_rank)
#> 0
print(parser.parse_args(["--local-rank=3"]).local_rank)
#> 3
