"""Checkpoints that survive crashes, show damage and run no code.

One file to copy; it needs torch 2.4 or newer. The files are those of ``torch.save``.
Under torch.distributed every rank calls `save` and the methods of `Checkpoints`: rank 0
works, and all return or raise what came of it. What differs between ranks, as random
generators do, comes into the state by ``torch.distributed.all_gather_object``; both
need NumPy. Models spread over ranks belong to ``torch.distributed.checkpoint``.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import secrets
import shutil
import struct
import sys
import types
import warnings
import zipfile
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import torch
from torch import distributed
from torch.serialization import get_safe_globals

T = TypeVar("T")
StrPath = str | os.PathLike[str]
File = tuple[int, float, Path]  # step, metric with the lowest as the best, path
ATOMS = (type(None), bool, int, float, str, torch.dtype, torch.device)
TENSORS = (torch.Tensor, torch.nn.Parameter)
NAME = re.compile(r"step-(\d+)(?:_metric=(-?(?:inf|nan|[\d.]+(?:e[-+]\d+)?)))?\.pt")
PLAIN = b"\0\0"  # the end of a file of torch.save: a zip comment of no bytes
SEAL = b"\x15\0sealed crc32 %08x"  # of one of `save`: CRC-32 of all outside of records
KINDS = {  # what lies where a checkpoint should, by how it starts
    rb"version https://git-lfs": "is a Git LFS pointer: run git lfs pull",
    rb"\s*<(?i:!doctype|html|\?xml)": "is a web page: download the file again",
    rb"\x80\x02\x8a\nl\xfc\x9cF": "is in torch's format before 1.6: save it anew",
    rb"(?s:.{8})\{\"": "is a safetensors file: use safetensors.torch.load_file",
    rb"\0*\Z": "is empty or full of zeros: take an earlier one",
    rb"PK\x03\x04": "is cut short or damaged: take an earlier one",
}


class CheckpointError(RuntimeError):
    """A checkpoint cannot be saved or loaded; the message says which and why."""


class CorruptCheckpoint(CheckpointError):
    """The file is damaged, cut short or of another kind."""


class UnsafeValue(CheckpointError):
    """A value does not load without running code."""


def save(path: StrPath, state: Any, *, fsync: bool = True) -> None:
    """Save so that `path` is at any moment the whole old or the whole new file.

    It writes a file ``.NAME-*.tmp`` beside it, proves that this loads, and renames it.
    Such files that a killed process left are deleted before.

    Args:
        path: The file, in a folder that exists.
        state: Tensors, numbers and strings in dicts, lists and tuples, and what
            ``torch.serialization.add_safe_globals`` names.
        fsync: Wait for the disk, so that a power failure loses nothing.

    Raises:
        UnsafeValue: A value would not load.
        OSError: The file cannot be written, or another process began to save to
            `path` meanwhile. Whatever is raised, the old file is there.

    Source: https://lwn.net/Articles/457667 (fsync, then rename)

    Example:
        >>> save("last.pt", {"step": 7, "weight": torch.eye(2)})
        >>> load("last.pt")["step"]
        7
    """
    _on_rank_0(lambda: _write(Path(os.path.realpath(path)), state, fsync))


def load(path: StrPath, *, map_location: Any = "cpu", verify: bool = True) -> Any:
    """Load what `save` or ``torch.save`` wrote if it is whole, without running code.

    Args:
        path: The file.
        map_location: Device of the tensors, as for ``torch.load``; ``"meta"`` for a
            check that makes no tensors.
        verify: Check all bytes first, which ``torch.load`` does not. In a file of
            ``torch.save`` only the records, names excluded, have a checksum.

    Returns:
        The object that was saved.

    Raises:
        FileNotFoundError: There is no such file.
        CorruptCheckpoint: It is damaged or no checkpoint; the message says what it is.
        UnsafeValue: It holds what could run code; none was run.
        CheckpointError: torch cannot load it, for example for lack of the device.

    Source: https://github.com/pytorch/pytorch/issues/126952

    Example:
        >>> torch.save([torch.ones(3)], "ones.pt")
        >>> load("ones.pt")
        [tensor([1., 1., 1.])]
    """
    if os.path.isdir(path):
        raise CorruptCheckpoint(f"{path} is a folder: name a file in it")
    with open(path, "rb") as file:
        _check(path, file, verify)
        file.seek(0)
        return _torch_load(path, file, map_location)


class Checkpoints:
    """A folder that keeps the newest checkpoints and the best.

    The names of the files hold step and metric; there is no other index. What is too
    much is deleted once the new file is on the disk.

    Args:
        folder: Where they lie; made by the first `save`.
        keep: How many of the newest to keep, at least 1.
        best: How many of the best to keep besides.
        mode: ``"min"`` or ``"max"``: which metric is best; NaN never is.

    Raises:
        ValueError: One of them is out of range.

    Example:
        >>> files = Checkpoints("run", keep=1, best=1)
        >>> for step, loss in enumerate([0.5, 0.3, float("nan"), 0.4]):
        ...     path = files.save(step, {"step": step}, loss)
        >>> load(files.latest())["step"], load(files.best())["step"]
        (3, 1)
    """

    def __init__(
        self, folder: StrPath, *, keep: int = 3, best: int = 0, mode: str = "min"
    ) -> None:
        if keep < 1 or best < 0 or mode not in ("min", "max"):
            got = f"keep={keep}, best={best}, mode={mode!r}"
            raise ValueError(f"{got}: expected keep >= 1, best >= 0, 'min' or 'max'")
        self.folder, self._keep, self._best = Path(folder), keep, best
        self._sign = 1 if mode == "min" else -1

    def save(self, step: int, state: Any, metric: float | None = None) -> Path:
        """Save, then delete what is neither among the newest nor among the best.

        Args:
            step: Its number, 0 or more, not below that of another whole file.
            state: As for the function `save`.
            metric: The number that `best` compares, if any.

        Returns:
            The file.

        Raises:
            ValueError: `step` is no such number.
            CheckpointError, OSError: As for the function `save`; nothing was deleted.
        """
        value = "" if metric is None else f"_metric={float(metric)!r}"
        return _on_rank_0(lambda: self._save(step, state, value))

    def _save(self, step: int, state: Any, value: str) -> Path:
        later = [file for file in self._found() if file[0] > step]
        if type(step) is not int or step < 0 or _whole(later):
            hint = "go on from latest(), or use another folder"
            raise ValueError(f"step {step!r} is no int >= 0 or goes back: {hint}")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"step-{step:09}{value}.pt"
        _write(path, state, True, name="step")
        found = [file for file in self._found() if file[0] != step or file[2] == path]
        kept = found[: self._keep] + _rated(found)[: self._best]
        for *_, old in self._found():
            if old not in {path, *(file[2] for file in kept)}:
                old.unlink()
        return path

    def _found(self) -> list[File]:
        found = [
            (int(name[1]), self._sign * float(name[2] or "nan"), path)
            for path in self.folder.glob("step-*.pt")
            if (name := NAME.fullmatch(path.name))
        ]
        return sorted(found, key=lambda file: file[0], reverse=True)

    def latest(self) -> Path | None:
        """Find the newest file that is whole, warning of damaged ones.

        Returns:
            The file, or None if there is none.

        Raises:
            CorruptCheckpoint: There are files, and none is whole.
        """
        return _on_rank_0(lambda: _whole(self._found(), must=True))

    def best(self) -> Path | None:
        """Find the file with the best metric, in the same way as `latest`."""
        return _on_rank_0(lambda: _whole(_rated(self._found()), must=True))


def _rated(files: list[File]) -> list[File]:
    rated = [file for file in files if file[1] == file[1]]  # NaN is not
    return sorted(rated, key=lambda file: (file[1], file[0]))


def _whole(files: list[File], must: bool = False) -> Path | None:
    """The first file that is whole; `must` raises where there are only others."""
    for *_, path in files:
        try:
            with open(path, "rb") as file:
                _check(path, file, content=True)
            return path
        except (CheckpointError, OSError) as error:
            warnings.warn(f"passed over: {error}", stacklevel=5)
    if files and must:
        raise CorruptCheckpoint(f"{files[0][2].parent}: none of its files is whole")
    return None


def _on_rank_0(work: Callable[[], T]) -> T:
    if not (distributed.is_available() and distributed.is_initialized()):
        return work()
    outcome: list[Any] = [None]
    if distributed.get_rank() == 0:
        try:
            outcome = [work()]
        except (CheckpointError, OSError, ValueError) as error:
            outcome = [error]
        except BaseException as error:  # whatever it is, the other ranks wait
            other = CheckpointError(f"rank 0: {type(error).__name__}: {error}")
            distributed.broadcast_object_list([other])
            raise
    distributed.broadcast_object_list(outcome)
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]  # type: ignore[no-any-return]


def _write(path: Path, state: Any, fsync: bool, name: str = "") -> None:
    if bad := [*_unsafe("state", state, set())]:
        few = ", ".join(bad[:5])
        raise UnsafeValue(f"{few} would not load: make it a number, string or tensor")
    name = name or path.name
    temp = path.with_name(f".{name}-{secrets.token_hex(4)}.tmp")
    try:
        for old in path.parent.iterdir():
            if re.fullmatch(rf"\.{re.escape(name)}-\w{{8}}\.tmp", old.name):
                old.unlink(missing_ok=True)
        try:
            with _File(temp, "x+") as file:
                torch.save(state, file)
                with zipfile.ZipFile(file) as archive:
                    _, seal = _ends(file, archive)
                file.truncate(file.seek(-len(PLAIN), os.SEEK_END))
                file.write(seal)
                if fsync:
                    os.fsync(file.fileno())
            _torch_load(path, temp, "cpu", mmap=True)  # the proof
            os.replace(temp, path)
        finally:
            temp.unlink(missing_ok=True)
        if fsync and sys.platform != "win32":
            folder = os.open(path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
    except (OSError, RuntimeError) as error:
        # Where writing fails, torch raises a RuntimeError over the OSError.
        cause = error if isinstance(error, OSError) else error.__context__
        if not isinstance(cause, OSError):
            raise
        size: list[int] = []
        write = types.SimpleNamespace(write=lambda b: size.append(len(b)), flush=list)
        torch.save(state, write)
        where = next(folder for folder in path.parents if folder.is_dir())
        text = f"{sum(size)} bytes to write, {shutil.disk_usage(where).free} free"
        raise OSError(cause.errno, f"{cause.strerror}: {text}", str(path)) from error


class _File(io.FileIO):
    """A file on which the disk starts early."""

    begun = 0  # bytes on which it has

    def write(self, data: Any) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[super().write(rest) :]
        size = self.tell() - self.begun
        if size >= 32 << 20 and hasattr(os, "posix_fadvise"):
            # Linux starts to write these pages, and drops what it has written.
            os.posix_fadvise(self.fileno(), self.begun, size, os.POSIX_FADV_DONTNEED)
            self.begun += size
        return len(data)


def _torch_load(path: StrPath, source: Any, device: Any, mmap: bool = False) -> Any:
    try:
        return torch.load(source, device, weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        name = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"holds {name[1]}, which could run code" if name else "has a bad pickle"
        raise UnsafeValue(f"{path} {what}: load it only if you trust it") from error
    except Exception as error:
        text = str(error).partition("\n")[0]
        raise CheckpointError(f"{path}: torch.load: {text}") from error


def _unsafe(name: str, value: Any, seen: set[int]) -> Iterator[str]:
    kind = type(value)
    items: list[tuple[str, Any]] = []
    if kind in (*ATOMS, *TENSORS) or id(value) in seen:
        return
    seen.add(id(value))
    if kind in (dict, OrderedDict, Counter):
        for key, item in value.items():
            items += [(f"{name} key {key!r}", key), (f"{name}[{key!r}]", item)]
    elif kind in (list, tuple, torch.Size):
        items += [(f"{name}[{index}]", item) for index, item in enumerate(value)]
    elif kind not in get_safe_globals() or hasattr(value, "placements"):  # a DTensor
        yield f"{name}: {kind.__module__}.{kind.__qualname__}"
    for where, item in items:
        yield from _unsafe(where, item, seen)


def _check(path: StrPath, file: BinaryIO, content: bool) -> None:
    head, wrong = file.read(512), ""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name.partition("/")[2] for name in archive.namelist()]
            if "data.pkl" not in names or "constants.pkl" in names:
                # Of TorchScript, which torch.load of 2.4 would run.
                wrong = "is a zip file or TorchScript, but not of torch.save"
            elif content and (bad := archive.testzip()):
                wrong = f"is damaged in {bad.partition('/')[2]}: take an earlier one"
            elif content and (ends := _ends(file, archive))[0] not in (PLAIN, ends[1]):
                wrong = "is damaged outside of its records: take an earlier one"
    except Exception:
        kinds = [text for start, text in KINDS.items() if re.match(start, head)]
        wrong = [*kinds, f"is no checkpoint, it starts with {head[:8]!r}"][0]
    if wrong:
        raise CorruptCheckpoint(f"{path} {wrong}")


def _ends(file: Any, archive: zipfile.ZipFile) -> tuple[bytes, bytes]:
    """What a file ends with, and the seal that it ends with if `save` wrote it."""
    crc = end = 0
    for info in archive.infolist():
        file.seek(info.header_offset + 26)  # the lengths of name and extra field
        start = info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))
        file.seek(end)
        crc, end = zlib.crc32(file.read(start - end), crc), start + info.file_size
    file.seek(end)
    rest = file.read()
    size = len(PLAIN if rest[-22:-18] == b"PK\5\6" else SEAL % 0)
    return rest[-size:], SEAL % zlib.crc32(rest[:-size], crc)
