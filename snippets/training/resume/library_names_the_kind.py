# Needs: snippets
from pathlib import Path

from snippets.checkpoints import CorruptCheckpointError, load

files = {
    "a.pt": b"version https://git-lfs.github.com/spec/v1\n",
    "b.pt": b"<!DOCTYPE html><title>Sign in</title>",
    "c.pt": bytes(4096),
}
for name, data in files.items():
    Path(name).write_bytes(data)
    try:
        load(name)
    except CorruptCheckpointError as error:
        print(error)
#> a.pt is a Git LFS pointer: run git lfs pull
#> b.pt is a web page: download the file again
#> c.pt is empty or full of zeros: use an earlier file
