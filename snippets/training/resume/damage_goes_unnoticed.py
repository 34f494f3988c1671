# Needs: snippets
# Device: cpu
import struct
from pathlib import Path

import torch
from snippets.checkpoints import CorruptCheckpointError, load, save

path = Path("model.pt")
save(path, {"weight": torch.tensor([1.0, 2.0])})
data = bytearray(path.read_bytes())
data[data.index(struct.pack("<2f", 1.0, 2.0)) + 3] ^= 0x40
path.write_bytes(data)
print(torch.load(path))
#> {'weight': tensor([inf, 2.])}
try:
    load(path)
except CorruptCheckpointError as error:
    print(error)
    #> model.pt is damaged (Bad CRC-32 for file 'archive/data/0'): use an earlier file
