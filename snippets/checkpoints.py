"""Checkpoints that survive crashes, show damage and run no code.

One file to copy; it needs torch 2.4 or newer. The files are those of ``torch.save``.
Under torch.distributed every rank calls `save` and the methods of `Checkpoints`: rank 0
works, and all return or raise what came of it. What differs between ranks, as random
generators do, comes into the state by ``torch.distributed.all_gather_object``. Models
that are spread over ranks belong to ``torch.distributed.checkpoint``.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import re
import shutil
import struct
import sys
import threading
import types
import warnings
import zipfile
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import torch
from torch import distributed

if sys.platform != "win32":
    import fcntl

T = TypeVar("T")
StrPath = str | os.PathLike[str]
ATOMS = (type(None), bool, int, float, str, torch.dtype, torch.device)
File = tuple[int, float, Path]  # step, metric with the lowest as the best, path
LOCK = threading.Lock()
PIECE = 64 << 20  # bytes after which the disk starts to write
SEAL = b"sealed crc32 %08x"  # the zip comment: CRC-32 of all that is in no record
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

    It writes ``.NAME.tmp`` beside it, proves that this loads, and renames it. What a
    killed process left there is used again.

    Args:
        path: The file, in a folder that exists.
        state: What ``torch.load(weights_only=True)`` takes: tensors, numbers and
            strings in dicts, lists and tuples.
        fsync: Wait for the disk, so that a power failure loses nothing.

    Raises:
        UnsafeValue: A value would not load; nothing was written.
        CheckpointError: Another process is saving to `path`.
        OSError: The file cannot be written; the old one is as it was.

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
    with _opened(path, verify) as file:
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
        if type(step) is not int or step < 0 or any(_whole(later)):
            hint = "go on from latest(), or use another folder"
            raise ValueError(f"step {step!r} is no int >= 0 or goes back: {hint}")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"step-{step:09}{value}.pt"
        _write(path, state, True, temp=self.folder / ".step.tmp")
        found = [file for file in self._found() if file[0] != step or file[2] == path]
        kept = found[: self._keep] + self._rated(found)[: self._best]
        keep = {path, *(file[2] for file in kept)}
        for *_, old in self._found():
            if old not in keep:
                old.unlink()
        return path

    def _found(self) -> list[File]:
        found = []
        number = r"-?(?:inf|nan|[\d.]+(?:e[-+]\d+)?)"
        for path in self.folder.glob("step-*.pt"):
            if name := re.fullmatch(
                rf"step-(\d+)(?:_metric=({number}))?\.pt", path.name
            ):
                found.append((int(name[1]), self._sign * float(name[2] or "nan"), path))
        return sorted(found, key=lambda file: file[0], reverse=True)

    def _rated(self, found: list[File]) -> list[File]:
        rated = [file for file in found if file[1] == file[1]]  # NaN is not
        return sorted(rated, key=lambda file: (file[1], file[0]))

    def latest(self) -> Path | None:
        """Find the newest file that is whole, warning of damaged ones.

        Returns:
            The file, or None if there is none.

        Raises:
            CorruptCheckpoint: There are files, and none is whole.
        """
        return _on_rank_0(lambda: _first_whole(self._found()))

    def best(self) -> Path | None:
        """Find the file with the best metric, in the same way as `latest`."""
        return _on_rank_0(lambda: _first_whole(self._rated(self._found())))


def _on_rank_0(work: Callable[[], T]) -> T:
    if not (distributed.is_available() and distributed.is_initialized()):
        return work()
    outcome: list[Any] = [None, None]
    failure: BaseException | None = None
    if distributed.get_rank() == 0:
        try:
            outcome[0] = work()
        except BaseException as error:  # whatever it is, the other ranks wait
            known = isinstance(error, (CheckpointError, OSError, ValueError))
            text = f"rank 0: {type(error).__name__}: {error}"
            failure, outcome[1] = error, error if known else CheckpointError(text)
    distributed.broadcast_object_list(outcome, src=0)
    if failure or outcome[1]:
        raise failure or outcome[1]
    return outcome[0]  # type: ignore[no-any-return]


def _write(path: Path, state: Any, fsync: bool, temp: Path | None = None) -> None:
    if bad := [*_unsafe("state", state, set())]:
        few = ", ".join(bad[:5])
        raise UnsafeValue(f"{few} would not load: make it a number, string or tensor")
    temp = temp or path.with_name(f".{path.name}.tmp")
    try:
        with _File(temp) as file:
            try:
                torch.save(state, file)
                file.seal()
                if fsync:
                    os.fsync(file.fileno())
                _torch_load(path, temp, "cpu", mmap=True)  # the proof
                if sys.platform == "win32":  # which renames no open file
                    file.close()
                os.replace(temp, path)
            except BaseException:
                temp.unlink(missing_ok=True)
                raise
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
    """A file for one writer alone, on which the disk starts early."""

    begun = 0  # bytes on which it has

    def __init__(self, path: Path) -> None:
        keep = ~os.O_TRUNC  # what another process may be writing
        super().__init__(path, "w+", opener=lambda p, f: os.open(p, f & keep, 0o666))
        try:
            if sys.platform != "win32":
                fcntl.flock(self, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = os.path.samestat(os.stat(path), os.fstat(self.fileno()))
        except (BlockingIOError, FileNotFoundError):
            free = False
        if not free:
            self.close()
            raise CheckpointError(f"{path}: another process writes it: let one save")
        self.truncate()

    def write(self, data: Any) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[super().write(rest) :]
        size = self.tell() - self.begun
        if size >= PIECE and hasattr(os, "posix_fadvise"):
            # Linux starts to write these pages, and drops what it has written.
            os.posix_fadvise(self.fileno(), self.begun, size, os.POSIX_FADV_DONTNEED)
            self.begun += size
        return len(data)

    def seal(self) -> None:
        self.seek(-2, os.SEEK_END)  # where the length of the zip comment stands
        self.write(len(SEAL % 0).to_bytes(2, "little") + SEAL % 0)
        seal = SEAL % _layout(self)[1]
        self.seek(-len(seal), os.SEEK_END)
        self.write(seal)


def _torch_load(path: StrPath, source: Any, device: Any, mmap: bool = False) -> Any:
    try:
        return torch.load(source, device, weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        name = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"holds {name[1]}, which could run code" if name else "has a bad pickle"
        raise UnsafeValue(f"{path} {what}: load it only if you trust it") from error
    except OSError:
        raise
    except Exception as error:
        text = str(error).partition("\n")[0]
        raise CheckpointError(f"{path}: torch.load: {text}") from error


def _unsafe(name: str, value: Any, seen: set[int]) -> Iterator[str]:
    kind, items = type(value), []
    if kind in ATOMS or id(value) in seen:
        return
    seen.add(id(value))
    if kind in (dict, OrderedDict, Counter):
        items += [(f"{name} key {key!r}", key) for key in value]
        items += [(f"{name}[{key!r}]", item) for key, item in value.items()]
    elif kind in (list, tuple, torch.Size):
        items += [(f"{name}[{index}]", item) for index, item in enumerate(value)]
    elif kind not in (torch.Tensor, torch.nn.Parameter):
        buffer = io.BytesIO()
        try:
            torch.save(value, buffer)
            torch.load(io.BytesIO(buffer.getvalue()), weights_only=True)
            loads = not hasattr(value, "placements")  # a DTensor: one part of it
        except Exception:
            loads = False
        if not loads:
            yield f"{name}: {kind.__module__}.{kind.__qualname__}"
        return
    items += [
        (f"{name}.{k}", item) for k, item in getattr(value, "__dict__", {}).items()
    ]
    for where, item in items:
        yield from _unsafe(where, item, seen)


def _layout(file: Any) -> tuple[list[tuple[str, int, int, int]], int, bytes]:
    """Name, start, end and CRC-32 of each record; CRC-32 of the rest; zip comment."""
    records, rest, position = [], 0, 0
    with zipfile.ZipFile(file) as archive:
        infos, comment = archive.infolist(), archive.comment
    for info in sorted(infos, key=lambda info: info.header_offset):
        file.seek(info.header_offset + 26)
        start = info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))
        rest = _crc(file, position, start, rest)
        position = start + info.file_size
        records.append((info.filename.partition("/")[2], start, position, info.CRC))
    end = file.seek(0, os.SEEK_END) - len(comment)
    return records, _crc(file, position, end, rest), comment


def _crc(file: Any, start: int, end: int, crc: int = 0) -> int:
    buffer = memoryview(bytearray(max(0, min(end - start, 1 << 19))))
    while start < end:
        with LOCK:
            file.seek(start)
            size = file.readinto(buffer[: end - start])
        if not size:
            return -1
        crc, start = zlib.crc32(buffer[:size], crc), start + size
    return crc


@contextlib.contextmanager
def _opened(path: StrPath, content: bool) -> Iterator[BinaryIO]:
    if os.path.isdir(path):
        raise CorruptCheckpoint(f"{path} is a folder: name a file in it")
    with open(path, "rb") as file:
        head = file.read(512)
        try:
            records, rest, comment = _layout(file)
        except Exception:
            kinds = [text for start, text in KINDS.items() if re.match(start, head)]
            kinds.append(f"is no checkpoint, it starts with {head[:8]!r}")
            raise CorruptCheckpoint(f"{path} {kinds[0]}") from None
        names, wrong = [record[0] for record in records], ""
        if content and comment and comment != SEAL % rest:
            wrong = "is damaged outside of its records: take an earlier one"
        elif "constants.pkl" in names:  # which torch.load of 2.4 would run
            wrong = "is a TorchScript file: use torch.jit.load if you trust it"
        elif "data.pkl" not in names:
            wrong = "is a zip file, but not one of torch.save"
        elif content:
            with ThreadPoolExecutor(4) as pool:
                crcs = pool.map(lambda record: _crc(file, *record[1:3]), records)
                bad = [
                    r[0] for r, crc in zip(records, crcs, strict=True) if crc != r[3]
                ]
            wrong = f"is damaged in {bad[0]}: take an earlier one" if bad else ""
        if wrong:
            raise CorruptCheckpoint(f"{path} {wrong}")
        file.seek(0)
        yield file


def _whole(files: list[File]) -> Iterator[Path]:
    for *_, path in files:
        try:
            with _opened(path, content=True):
                pass
        except (CheckpointError, OSError) as error:
            warnings.warn(f"passed over: {error}", stacklevel=5)
        else:
            yield path


def _first_whole(files: list[File]) -> Path | None:
    found = next(_whole(files), None)
    if files and not found:
        raise CorruptCheckpoint(f"{files[0][2].parent}: none of its files is whole")
    return found
