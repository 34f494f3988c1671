import sys
from importlib.metadata import metadata

needs = metadata("torch")["Requires-Python"]
print(needs)
#> ...
oldest = tuple(int(number) for number in needs.removeprefix(">=").split("."))
assert sys.version_info >= oldest
