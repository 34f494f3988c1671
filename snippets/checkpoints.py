"""Checkpoints that survive crashes, show damage and run no code.

One file to copy: torch 2.4 or newer. The files are those of ``torch.save``. Under
torch.distributed, with NumPy, every rank calls `save` and the methods of `Checkpoints`:
rank 0 works, all return or raise what came of it. What differs between ranks belongs in
the state by ``all_gather_object``, a sharded model in ``torch.distributed.checkpoint``.
"""

import glob
import os
import pickle
import re
import shutil
import struct
import types
import warnings
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import torch
from torch.serialization import get_safe_globals

T = TypeVar("T")
File = tuple[float, int, Path]  # metric or NaN, step, path
ATOMS = (type(None), bool, int, float, str, torch.dtype, torch.device, torch.Tensor)
NAME = re.compile(r"step-(\d+)(?:_metric=(-?(?:inf|nan|[\d.]+(?:e[-+]\d+)?)))?\.pt")
SEALED = 0x2144DF1C  # by its zip comment, the CRC-32 of all that is outside of records
KINDS = {  # what lies where a checkpoint should, by how it starts
    rb"version https://git-lfs": "is a Git LFS pointer: run git lfs pull",
    rb"\s*<(?i:!doctype|html|\?xml)": "is a web page: download the file again",
    rb"\x80\x02\x8a\nl\xfc\x9cF": "is in torch's format before 1.6: save it anew",
    rb"(?s:.{8})\{\"": "is a safetensors file: use safetensors.torch.load_file",
    rb"\0*\Z": "is empty or full of zeros: take an earlier one",
    rb"PK\x03\x04": "is damaged ({0}): take an earlier one",
    rb"": "is no checkpoint, it starts with {1}",
}


class CheckpointError(RuntimeError):
    """A checkpoint cannot be saved or loaded; the message says which and why."""


class CorruptCheckpoint(CheckpointError):
    """The file is damaged, cut short or of another kind."""


class UnsafeValue(CheckpointError):
    """A value does not load without running code."""


def save(path: str | Path, state: Any) -> None:
    """Save so that `path` is at any moment the whole old or the whole new file.

    Args:
        path: The file, in a folder that exists. Beside it ``.NAME-*.tmp`` is written
            to the disk, tried and renamed; what killed processes left is deleted.
        state: Tensors, numbers and strings in dicts, lists and tuples, and what
            ``torch.serialization.add_safe_globals`` names.

    Raises:
        UnsafeValue: A value would not load. As with all errors, the old file is there.
        OSError: It cannot be written, or another process began to save to `path`.

    Source: https://lwn.net/Articles/457667 (fsync, then rename)

    Example:
        >>> save("last.pt", {"step": 7, "weight": torch.eye(2)})
        >>> load("last.pt")["step"]
        7
    """
    _on_rank_0(lambda: _write(Path(os.path.realpath(path)), state))


def load(path: str | Path, *, map_location: Any = "cpu") -> Any:
    """Return what `save` or ``torch.save`` wrote if it is whole; run no code of it.

    Args:
        path: The file.
        map_location: As for ``torch.load``; ``"meta"`` checks and makes no tensors.

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
    with open(path, "rb") as file:
        head, null = file.read(512), types.SimpleNamespace(write=len)
        try:  # the end of the zip file: without comment by torch.save, sealed by save
            archive, rest = zipfile.ZipFile(file), _outside_of_records(file)
            names = {name.partition("/")[2] for name in archive.namelist()}
            files = map(archive.open, archive.infolist())  # each checks its CRC-32
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                [*pool.map(lambda part: shutil.copyfileobj(part, null, 1 << 20), files)]
            if crc32(rest) != SEALED and rest[-22:-18] + rest[-2:] != b"PK\5\6\0\0":
                raise zipfile.BadZipFile("Bad CRC-32 outside of records")
        except Exception as error:
            what = next(text for start, text in KINDS.items() if re.match(start, head))
            raise CorruptCheckpoint(f"{path} {what.format(error, head[:8])}") from error
        if "data.pkl" not in names or "constants.pkl" in names:  # as in TorchScript
            raise CorruptCheckpoint(f"{path} is TorchScript or another zip file")
        file.seek(0)
        return _torch_load(path, file, map_location)


class Checkpoints:
    """A folder that keeps the newest checkpoints and the best.

    Args:
        folder: Made by the first `save`. Its only index is the names of the files.
        keep: How many of the newest to keep, 1 or more; else ValueError, as below.
        best: How many of the best to keep besides, 0 or more.
        mode: ``"min"`` or ``"max"``: which metric is best; NaN never is.

    Example:
        >>> files = Checkpoints("run", keep=1, best=1)
        >>> paths = [files.save(n, {"n": n}, loss) for n, loss in enumerate([3, 1, 2])]
        >>> load(files.latest())["n"], load(files.best())["n"]
        (2, 1)
    """

    def __init__(
        self, folder: str | Path, *, keep: int = 3, best: int = 0, mode: str = "min"
    ) -> None:
        if keep < 1 or best < 0 or mode not in ("min", "max"):
            raise ValueError(f"{keep=}, {best=}, {mode=}: need >= 1, >= 0, min or max")
        self.folder, self._keep, self._best, self._mode = Path(folder), keep, best, mode

    def save(self, step: int, state: Any, metric: float | None = None) -> Path:
        """Save, delete what is neither newest nor best, and return the new path.

        Args:
            step: Its number, 0 or more, not below that of another whole file.
            state: As for the function `save`.
            metric: The number that `best` compares, if any.

        Raises:
            ValueError: `step` is no such number.
            CheckpointError, OSError: As for the function `save`; nothing was deleted.
        """
        value = "" if metric is None else f"_metric={float(metric)!r}"
        return _on_rank_0(lambda: self._save(step, state, value))

    def _save(self, step: int, state: Any, value: str) -> Path:
        if type(step) is not int or step < 0 or _whole(self._files(after=step)):
            raise ValueError(f"{step=}: need an int >= 0 that is not below latest()")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"step-{step:09}{value}.pt"
        _write(path, state, "step")
        found = [one for one in self._files() if one[1] != step or one[2] == path]
        rated = self._rated(found)[: self._best]
        kept = {path, *(one[2] for one in found[: self._keep] + rated)}
        for old in {one[2] for one in self._files()} - kept:
            old.unlink()
        return path

    def _files(self, after: int = -1) -> list[File]:
        names = [(NAME.fullmatch(path.name), path) for path in self.folder.glob("*.pt")]
        found = [(float(n[2] or "nan"), int(n[1]), path) for n, path in names if n]
        return sorted((one for one in found if one[1] > after), key=lambda one: -one[1])

    def _rated(self, files: list[File]) -> list[File]:
        rated = [one for one in reversed(files) if one[0] == one[0]]  # NaN is not
        return sorted(rated, key=lambda one: one[0], reverse=self._mode == "max")

    def latest(self) -> Path | None:
        """Find the newest whole file, or None if there is none at all.

        Warns of bad files; if all are bad, raises CorruptCheckpoint.
        """
        return _on_rank_0(lambda: _whole(self._files(), must=True))

    def best(self) -> Path | None:
        """Find the file with the best metric, in the same way as `latest`."""
        return _on_rank_0(lambda: _whole(self._rated(self._files()), must=True))


def _whole(files: list[File], must: bool = False) -> Path | None:
    for *_, path in files:
        try:
            load(path, map_location="meta")
            return path
        except (CorruptCheckpoint, OSError) as error:
            warnings.warn(f"passed over: {error}", stacklevel=5)
        except CheckpointError:  # whole, though meta tensors cannot be made of it
            return path
    if files and must:
        raise CorruptCheckpoint(f"{files[0][2].parent}: none of its files is whole")
    return None


def _on_rank_0(work: Callable[[], T]) -> T:
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return work()
    outcome: list[Any] = [None]
    try:
        if torch.distributed.get_rank() == 0:
            outcome = [work()]
    except (CheckpointError, OSError, ValueError) as error:
        outcome = [error]
    except BaseException as error:  # whatever it is, the other ranks wait
        outcome = [CheckpointError(f"rank 0: {error!r}")]
        raise
    finally:
        torch.distributed.broadcast_object_list(outcome)
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]  # type: ignore[no-any-return]


def _write(path: Path, state: Any, name: str = "") -> None:
    if bad := ", ".join([*_unsafe("state", state, set())][:5]):
        raise UnsafeValue(f"{bad} would not load: make it a number, string or tensor")
    temp = path.with_name(f".{name or path.name}-{os.urandom(4).hex()}.tmp")
    try:
        for old in path.parent.glob(glob.escape(temp.name[:-12]) + "????????.tmp"):
            old.unlink(missing_ok=True)
        try:
            with open(temp, "x+b") as file:

                def write(data: Any) -> None:  # and begin to bring it to the disk
                    file.write(data)
                    if len(data) > 1 << 20 and hasattr(os, "posix_fadvise"):
                        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

                torch.save(state, types.SimpleNamespace(write=write, flush=file.flush))
                rest = _outside_of_records(file)[:-2] + b"\4\0"  # bytes of the comment
                file.seek(-2, os.SEEK_END)
                file.write(b"\4\0" + crc32(rest).to_bytes(4, "little"))
                file.flush()
                os.fsync(file.fileno())
            _torch_load(path, temp, "cpu", mmap=True)  # the proof
            os.replace(temp, path)
        finally:
            temp.unlink(missing_ok=True)
        if hasattr(os, "O_DIRECTORY"):  # not on Windows
            folder = os.open(path.parent, os.O_DIRECTORY)
            os.fsync(folder)
            os.close(folder)
    except (OSError, RuntimeError) as error:  # torch raises the latter for the former
        cause = error if isinstance(error, OSError) else error.__context__
        if not isinstance(cause, OSError):
            raise
        size: list[int] = []
        count = types.SimpleNamespace(write=lambda b: size.append(len(b)), flush=list)
        torch.save(state, count)
        where = next(folder for folder in path.parents if folder.is_dir())
        text = f"{sum(size)} bytes to write, {shutil.disk_usage(where).free} free"
        raise OSError(cause.errno, f"{cause.strerror}: {text}", str(path)) from error


def _torch_load(path: Any, source: Any, device: Any, mmap: bool = False) -> Any:
    try:
        return torch.load(source, device, weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        name = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"holds {name[1]}, which could run code" if name else "has a bad pickle"
        raise UnsafeValue(f"{path} {what}: load it only if you trust it") from error
    except Exception as error:
        raise CheckpointError(f"{path}: {error}".partition("\n")[0]) from error


def _unsafe(name: str, value: Any, seen: set[int]) -> Iterator[str]:
    cls = type(value)
    if cls in (*ATOMS, torch.nn.Parameter) or id(value) in seen:
        return
    seen.add(id(value))
    if cls in (dict, OrderedDict, Counter, list, tuple, torch.Size):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unsafe(f"{name} key {key!r}", key, seen)
            yield from _unsafe(f"{name}[{key!r}]", item, seen)
    elif cls not in get_safe_globals() or hasattr(value, "placements"):  # a DTensor
        yield f"{name}: {cls.__module__}.{cls.__qualname__}"


def _outside_of_records(file: Any) -> bytes:
    rest, end = bytearray(), 0
    for info in zipfile.ZipFile(file).infolist():
        file.seek(info.header_offset + 26)  # the lengths of name and extra field
        start = info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))
        file.seek(end)
        rest += file.read(start - end)
        end = start + info.compress_size
    file.seek(end)
    return bytes(rest + file.read())
