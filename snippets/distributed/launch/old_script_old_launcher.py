# Device: cpu
import re
import subprocess
import sys

OLD = """import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--local_rank", type=int)
print("local rank", parser.parse_args().local_rank)
"""
with open("old.py", "w") as file:
    file.write(OLD)
launch = [sys.executable, "-m", "torch.distributed.launch", "--nproc-per-node=1"]
run = subprocess.run([*launch, "old.py"], capture_output=True, text=True)
print(*re.findall(r"(?:FutureWarning|error): .*", run.stderr), sep="\n")
#> FutureWarning: The module torch.distributed.launch is deprecated
#> error: unrecognized arguments: --local-rank=0
