import os
import subprocess
import sys

code = "print(list({'cat', 'dog', 'bird', 'fish', 'horse', 'sheep'}))"
runs = []
for hash_seed in ["0", "0", "1"]:
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    runs.append(subprocess.check_output([sys.executable, "-c", code], env=env))
print(runs[0] == runs[1], runs[0] == runs[2])
#> True False

before = hash("cat")
os.environ["PYTHONHASHSEED"] = "0"
print(hash("cat") == before)
#> True
