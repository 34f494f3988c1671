# Run: torchrun --standalone --nproc-per-node=1 FILE
import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("--local_rank", type=int)
print(parser.parse_args().local_rank, os.environ["LOCAL_RANK"])
#> None 0
