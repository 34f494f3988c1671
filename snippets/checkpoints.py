"""Checkpoints that survive crashes, show damage and run no code.

One file to copy: torch 2.4 or newer. The files are those of ``torch.save``. Under
torch.distributed, with NumPy, every rank calls `save` and the methods of `Checkpoints`:
rank 0 works, all return or raise what came of it. What differs between ranks comes into
the state by ``torch.distributed.all_gather_object``; models spread over ranks belong to
``torch.distributed.checkpoint``.
"""

import glob
import io
import os
import pickle
import re
import shutil
import struct
import types
import warnings
import zipfile
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import distributed
from torch.serialization import get_safe_globals

T = TypeVar("T")
StrPath = str | os.PathLike[str]
File = tuple[float, int, Path]  # metric with the lowest as the best, step, path
ATOMS = (type(None), bool, int, float, str, torch.dtype, torch.device, torch.Tensor)
NAME = re.compile(r"step-(\d+)(?:_metric=(-?(?:inf|nan|[\d.]+(?:e[-+]\d+)?)))?\.pt")
COMMENT = b"\4\0"  # a file of `save` ends with a zip comment of these many bytes,
SEALED = 0x2144DF1C  # which make this the CRC-32 of all that is outside of records
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

    Args:
        path: The file, in a folder that exists. Beside it ``.NAME-*.tmp`` is written,
            tried and renamed; what a killed process left of these is deleted.
        state: Tensors, numbers and strings in dicts, lists and tuples, and what
            ``torch.serialization.add_safe_globals`` names.
        fsync: Wait for the disk, so that a power failure loses nothing.

    Raises:
        UnsafeValue: A value would not load.
        OSError: It cannot be written, or another process began to save to `path`.
            Whatever is raised, the old file is there.

    Source: https://lwn.net/Articles/457667 (fsync, then rename)

    Example:
        >>> save("last.pt", {"step": 7, "weight": torch.eye(2)})
        >>> load("last.pt")["step"]
        7
    """
    file = Path(os.path.realpath(path))
    _on_rank_0(lambda: _write(file, file.name, state, fsync))


def load(path: StrPath, *, map_location: Any = "cpu", verify: bool = True) -> Any:
    """Load what `save` or ``torch.save`` wrote if it is whole, without running code.

    Args:
        path: The file.
        map_location: Device of the tensors, as for ``torch.load``; ``"meta"`` checks
            the file and makes no tensors.
        verify: Check all bytes; in a file of ``torch.save``, those of records.

    Returns:
        The object that was saved.

    Raises:
        CorruptCheckpoint: It is damaged or no checkpoint; the message says what it is.
        UnsafeValue: It holds what could run code; none was run.
        CheckpointError: torch cannot load it, for example for lack of the device.
        OSError: It cannot be read, for example because there is no such file.

    Source: https://github.com/pytorch/pytorch/issues/126952

    Example:
        >>> torch.save([torch.ones(3)], "ones.pt")
        >>> load("ones.pt")
        [tensor([1., 1., 1.])]
    """
    if os.path.isdir(path):
        raise CorruptCheckpoint(f"{path} is a folder: name a file in it")
    with _Reader(path) as file:
        _check(path, file, skip=("data/" if verify else "",))
        state = _torch_load(path, file if verify else path, map_location)
        if verify:
            _check(path, file)  # and the records of tensors, as torch has read them
        return state


class Checkpoints:
    """A folder that keeps the newest checkpoints and the best.

    Args:
        folder: Made by the first `save`. Its only index is the names of the files.
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
            raise ValueError(f"{keep=}, {best=}, {mode=}: need >= 1, >= 0, min or max")
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
        number = type(step) is int and step >= 0
        if not number or _whole([file for file in self._found() if file[1] > step]):
            hint = "go on from latest(), or use another folder"
            raise ValueError(f"step {step!r} is no int >= 0 or goes back: {hint}")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"step-{step:09}{value}.pt"
        _write(path, "step", state, fsync=True)
        found = [file for file in self._found() if file[1] != step or file[2] == path]
        kept = found[: self._keep] + _rated(found)[: self._best]
        for *_, old in self._found():
            if old not in {path, *(file[2] for file in kept)}:
                old.unlink()
        return path

    def _found(self) -> list[File]:
        found = [
            (self._sign * float(name[2] or "nan"), int(name[1]), path)
            for path in self.folder.glob("step-*.pt")
            if (name := NAME.fullmatch(path.name))
        ]
        return sorted(found, key=lambda file: file[1], reverse=True)

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
    return sorted(file for file in files if file[0] == file[0])  # NaN is not


def _whole(files: list[File], must: bool = False) -> Path | None:
    for *_, path in files:
        try:
            with _Reader(path) as file:
                _check(path, file)
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
    try:
        if distributed.get_rank() == 0:
            outcome = [work()]
    except (CheckpointError, OSError, ValueError) as error:
        outcome = [error]
    except BaseException as error:  # whatever it is, the other ranks wait
        outcome = [CheckpointError(f"rank 0: {type(error).__name__}: {error}")]
        raise
    finally:
        distributed.broadcast_object_list(outcome)
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]  # type: ignore[no-any-return]


def _write(path: Path, name: str, state: Any, fsync: bool) -> None:
    if bad := ", ".join([*_unsafe("state", state, set())][:5]):
        raise UnsafeValue(f"{bad} would not load: make it a number, string or tensor")
    temp = path.with_name(f".{name}-{os.urandom(4).hex()}.tmp")
    try:
        for old in path.parent.glob(f".{glob.escape(name)}-????????.tmp"):
            old.unlink(missing_ok=True)
        try:
            with _File(io.FileIO(temp, "x+")) as file:
                torch.save(state, file)
                rest = _parts(file)[0][:-2] + COMMENT
                file.seek(-2, os.SEEK_END)
                file.write(COMMENT + zlib.crc32(rest).to_bytes(4, "little"))
                file.flush()
                if fsync:
                    os.fsync(file.fileno())
            _torch_load(path, temp, "cpu", mmap=True)  # the proof
            os.replace(temp, path)
        finally:
            temp.unlink(missing_ok=True)
        if fsync and hasattr(os, "O_DIRECTORY"):  # not on Windows
            folder = os.open(path.parent, os.O_DIRECTORY)
            os.fsync(folder)
            os.close(folder)
    except (OSError, RuntimeError) as error:
        # Where writing fails, torch raises a RuntimeError over the OSError.
        cause = error if isinstance(error, OSError) else error.__context__
        if not isinstance(cause, OSError):
            raise
        size: list[int] = []
        count = types.SimpleNamespace(write=lambda b: size.append(len(b)), flush=list)
        torch.save(state, count)
        where = next(folder for folder in path.parents if folder.is_dir())
        text = f"{sum(size)} bytes to write, {shutil.disk_usage(where).free} free"
        raise OSError(cause.errno, f"{cause.strerror}: {text}", str(path)) from error


class _File(io.BufferedRandom):
    begun = 0  # bytes that the disk has been told of

    def write(self, data: Any) -> int:
        size = super().write(data)
        new = self.tell() - self.begun
        if new >= 32 << 20 and hasattr(os, "posix_fadvise"):
            # Linux starts to write them to the disk, which fsync waits for.
            os.posix_fadvise(self.fileno(), self.begun, new, os.POSIX_FADV_DONTNEED)
            self.begun += new
        return size


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
    if kind in (*ATOMS, torch.nn.Parameter) or id(value) in seen:
        return
    seen.add(id(value))
    if kind in (dict, OrderedDict, Counter, list, tuple, torch.Size):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unsafe(f"{name} key {key!r}", key, seen)
            yield from _unsafe(f"{name}[{key!r}]", item, seen)
    elif kind not in get_safe_globals() or hasattr(value, "placements"):  # a DTensor
        yield f"{name}: {kind.__module__}.{kind.__qualname__}"


class _Reader(io.BufferedReader):
    def __init__(self, path: StrPath) -> None:
        super().__init__(io.FileIO(path))
        self.sums: dict[tuple[int, int], int] = {}  # CRC-32 by start and size

    def readinto(self, data: Any) -> int:
        # So torch reads a record: summed up now, it is not read a second time.
        start, size = self.tell(), super().readinto(data)
        self.sums[start, size] = zlib.crc32(memoryview(data)[:size])
        return size

    def sum(self, start: int, size: int) -> int:
        if (start, size) in self.sums:
            return self.sums[start, size]
        self.seek(start)
        crc = 0
        while size and (data := self.read(min(size, 1 << 19))):
            crc, size = zlib.crc32(data, crc), size - len(data)
        return -1 if size else crc


def _check(path: StrPath, file: _Reader, skip: tuple[str, ...] = ()) -> None:
    file.seek(0)
    head, wrong = file.read(512), ""
    try:
        rest, records = _parts(file)
        names = [name for name, *_ in records]
        if "data.pkl" not in names or "constants.pkl" in names:
            # Of TorchScript, which torch.load of 2.4 would run.
            wrong = "is a zip file or TorchScript, but not of torch.save"
        for name, start, size, crc in records:
            if not name.startswith(skip) and file.sum(start, size) != crc:
                wrong = wrong or f"is damaged in {name}: take an earlier one"
        plain = rest.rpartition(b"PK\5\6")[2][16:] == b"\0\0"  # no comment
        if "" not in skip and not plain and zlib.crc32(rest) != SEALED:
            wrong = wrong or "is damaged outside of its records: take an earlier one"
    except Exception:
        kinds = [text for start, text in KINDS.items() if re.match(start, head)]
        wrong = [*kinds, f"is no checkpoint, it starts with {head[:8]!r}"][0]
    if wrong:
        raise CorruptCheckpoint(f"{path} {wrong}")
    file.seek(0)


def _parts(file: Any) -> tuple[bytes, list[tuple[str, int, int, int]]]:
    """Return what lies outside of records; name, start, size and CRC-32 of each."""
    rest, end, records = bytearray(), 0, []
    for info in zipfile.ZipFile(file).infolist():
        file.seek(info.header_offset + 26)  # the lengths of name and extra field
        start = info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))
        if info.compress_type == zipfile.ZIP_STORED:  # as torch.save does
            name = info.filename.partition("/")[2]
            records.append((name, start, info.file_size, info.CRC))
        file.seek(end)
        rest += file.read(start - end)
        end = start + info.compress_size
    file.seek(end)
    return bytes(rest + file.read()), records
