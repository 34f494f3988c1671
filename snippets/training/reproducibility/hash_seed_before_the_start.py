import os
import subprocess
import sys

PROGRAM = [sys.executable, "-c", "print(list(set('abcdefghij')))"]


def orders_in_five_runs(**variables):
    env = {k: v for k, v in os.environ.items() if k != "PYTHONHASHSEED"} | variables
    return len({subprocess.check_output(PROGRAM, env=env) for _ in range(5)})


print("without a seed:", orders_in_five_runs(), "orders")
#> without a seed: 5 orders
print("with a seed:", orders_in_five_runs(PYTHONHASHSEED="0"), "order")
#> with a seed: 1 order

before = hash("cat")
os.environ["PYTHONHASHSEED"] = "0"
print("set inside:", "no change" if hash("cat") == before else "another hash")
#> set inside: no change
children = {subprocess.check_output(PROGRAM) for _ in range(5)}
print("its children:", len(children), "order")
#> its children: 1 order
