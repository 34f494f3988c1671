# Needs: snippets
from pathlib import Path

import torch

from snippets.checkpoints import CorruptCheckpointError, load, save

path = Path("last.pt")
save(path, {"weight": torch.ones(1000)})
whole = path.read_bytes()

middle = len(whole) // 2
for damaged in (
    whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
    whole[:middle],
    b"<!doctype html><title>404</title>",
):
    path.write_bytes(damaged)
    try:
        load(path)
    except CorruptCheckpointError as error:
        print(error)
#> last.pt is damaged (Bad CRC-32 for file 'archive/data/0'): use an earlier file
#> last.pt is damaged (File is not a zip file): use an earlier file
#> last.pt is a web page: download the file again
