"""A small state for the tests of checkpoints, and helpers to check and damage files."""

import hashlib
import os

import torch

from snippets.checkpoints import load


def state(step=1, numbers=5000):
    """Return a small state with a tensor, a view of it and an empty tensor."""
    weight = torch.arange(float(numbers)) + step
    return {"step": step, "weight": weight, "view": weight[2:9], "no": torch.empty(0)}


def holds(path, step):
    """Load a file, assert that it has the state of this step, and return True."""
    found = load(path)
    assert found["step"] == step
    assert torch.equal(found["weight"], state(step)["weight"])
    return True


def damage(path):
    """Flip one bit in the middle of a file."""
    bad = bytearray(path.read_bytes())
    bad[len(bad) // 2] ^= 1
    path.write_bytes(bad)


def steps_in(folder):
    """Return the steps of the checkpoints in a folder, sorted."""
    return sorted(int(name[5:14]) for name in os.listdir(folder))


def digest(value):
    """Return the SHA-256 of all tensors and numbers in a nested state, in order."""
    sha = hashlib.sha256()

    def add(value):
        if isinstance(value, torch.Tensor):
            sha.update(value.detach().numpy().tobytes())
        elif isinstance(value, dict):
            for key in value:
                sha.update(repr(key).encode())
                add(value[key])
        elif isinstance(value, (list, tuple)):
            for item in value:
                add(item)
        else:
            sha.update(repr(value).encode())

    add(value)
    return sha.hexdigest()
