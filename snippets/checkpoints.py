"""Save checkpoints that survive a crash, and check every byte when you load them.

Copy this file into your project. It needs only torch 2.4 or newer. The checkpoints are
in ``torch.save`` format. Loading one never runs code from the file.

With ``torch.distributed``, every rank must make each call to `save` and to the methods
of `Checkpoints`. Rank 0 does the work, and then all ranks return its result or raise
its error. Only the state of rank 0 is saved. If the ranks have different states,
collect them with ``all_gather_object`` first. For a sharded model, use
``torch.distributed.checkpoint``.
"""

import argparse
import enum
import errno
import functools
import glob
import io
import itertools
import math
import numbers
import os
import pickle
import re
import shutil
import struct
import sys
import time
import types
import warnings
import zipfile
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zlib import crc32

import torch
from torch.serialization import get_safe_globals

__all__ = [
    "CheckpointError",
    "Checkpoints",
    "CorruptCheckpointError",
    "UnsafeValueError",
    "load",
    "save",
]

T = TypeVar("T")
StrPath = str | os.PathLike[str]

# step-000000007.pt or step-000000007_metric=0.25.pt
NAME = re.compile(r"step-(\d+)(?:_metric=(-?(?:inf|nan|[\d.]+(?:e[-+]\d+)?)))?\.pt")
# Messages that say why a file can't be loaded. Each key is a pattern for the first
# bytes of the file, and the first pattern that matches is used. {0} stands for the
# error that the check raised, and {1} for the first eight bytes.
KINDS = {
    rb"version https://git-lfs": "is a Git LFS pointer: run git lfs pull",
    rb"\s*<(?i:!doctype|html|\?xml)": "is a web page: download the file again",
    rb"\x80\x02\x8a\nl\xfc\x9cF": (
        "is in torch's format before 1.6: load it with torch.load and save it again"
    ),
    rb"(?s:.{8})\{\"": "is a safetensors file: use safetensors.torch.load_file",
    rb"\0*\Z": "is empty or full of zeros: use an earlier file",
    rb"PK\x03\x04": "is damaged ({0}): use an earlier file",
    rb"": "is not a checkpoint, but starts with {1}: use a file that save() wrote",
}
# The identities of files that `latest` or `best` has just checked, so that `load` can
# skip its own check. Only files that `save` wrote are included.
checked: deque[tuple[int, ...]] = deque(maxlen=8)


class CheckpointError(RuntimeError):
    """Raised if a checkpoint can't be saved or loaded. The message says why."""


class CorruptCheckpointError(CheckpointError):
    """Raised if a file is damaged, incomplete or not a checkpoint."""


class UnsafeValueError(CheckpointError):
    """Raised if a value can't be loaded without running code, or has no data."""


# --- Save and load --------------------------------------------------------------------


def save(path: StrPath, state: Any, *, timeout: float | None = None) -> None:
    """Save a checkpoint, and keep the old file until the new one is complete.

    Even if the process is killed or the power fails, `path` is either the complete old
    file or the complete new one. To ensure this, `save` writes the state to a temporary
    file named ``.NAME-*.tmp`` in the same folder, flushes it to disk, loads it as a
    test, and then renames it to `path`. It also deletes temporary files that killed
    processes left behind for the same `path`.

    Args:
        path: File to write. Its folder must exist. ``~`` is your home folder. If `path`
            is a symbolic link, `save` replaces the file that the link points to.
        state: Tensors, numbers and strings in dicts, lists and tuples, and any other
            value that ``torch.load(weights_only=True)`` accepts in your torch release.
        timeout: Maximum time in seconds that the ranks wait for each other. Rank 0
            writes the file, then waits for the other ranks to call `save`. The other
            ranks wait for rank 0 to call it. The default is 30 seconds, or half of the
            process group's timeout if that is shorter.

    Raises:
        UnsafeValueError: If a value can't be loaded again, or a tensor has no data. The
            message says where it is in the state and what to do. The old file is kept.
        CheckpointError: If torch can't save the state, or a rank doesn't call `save` in
            time.
        OSError: If the file can't be written, or another process starts saving to the
            same `path`.

    Source: https://lwn.net/Articles/457667 (fsync, then rename)

    Example:
        >>> save("last.pt", {"step": 7, "weight": torch.eye(2)})
        >>> load("last.pt")["step"]
        7
    """
    _on_rank_0("save", lambda: _write(_file_to_write(path), state), timeout)


def load(path: StrPath, *, map_location: Any = "cpu") -> Any:
    """Load a checkpoint after checking that the file isn't damaged.

    If `save` wrote the file, every byte is checked. If ``torch.save`` wrote it, only
    the saved data is checked, because the file has no checksum for the rest. No code in
    the file is run.

    Args:
        path: File to load. ``~`` is your home folder.
        map_location: Device for the tensors, as in ``torch.load``. Use ``"meta"`` to
            check the file and get tensors without data.

    Returns:
        The state that was saved.

    Raises:
        CorruptCheckpointError: If the file is damaged or not a checkpoint. The message
            says what kind of file it is.
        UnsafeValueError: If the file contains something that could run code.
        CheckpointError: If torch can't load the file, for example because the device in
            `map_location` doesn't exist.
        OSError: If the file can't be read, for example because it doesn't exist.

    Source: https://github.com/pytorch/pytorch/issues/126952

    Example:
        >>> torch.save([torch.ones(3)], "ones.pt")
        >>> load("ones.pt")
        [tensor([1., 1., 1.])]
    """
    with _open(path) as file:
        if _identity(file) not in checked:
            _check(path, file)
        elif str(map_location) == "cpu" and os.path.exists("/dev/fd"):
            # Map the file, which the check has just read, and copy the tensors. This
            # name refers to the same file even if `path` is replaced now.
            opened = f"/dev/fd/{file.fileno()}"
            return _torch_load(path, opened, lambda data, _: data.clone(), mmap=True)
        file.seek(0)
        return _torch_load(path, file, map_location)


class Checkpoints:
    """Keep the newest and the best checkpoints of a training run in a folder.

    The file names contain the step and the metric. There is no other index, so you can
    delete or copy files yourself.

    Args:
        folder: Folder for the checkpoints. The first `save` creates it. ``~`` is your
            home folder.
        keep: Number of newest files to keep, 1 or more.
        best: Number of best files to keep as well, 0 or more.
        mode: ``"min"`` if a lower metric is better, ``"max"`` if a higher one is. NaN
            never counts as the best.
        timeout: Maximum time in seconds that the ranks wait for each other in each
            method, as in the function `save`.

    Raises:
        ValueError: If `keep` or `best` is not an integer in its range, or `mode` is
            neither ``"min"`` nor ``"max"``.

    Example:
        >>> files = Checkpoints("run", keep=1, best=1)
        >>> paths = [files.save(n, {"n": n}, loss) for n, loss in enumerate([3, 1, 2])]
        >>> load(files.latest())["n"], load(files.best())["n"]
        (2, 1)
    """

    def __init__(
        self,
        folder: StrPath,
        *,
        keep: int = 3,
        best: int = 0,
        mode: str = "min",
        timeout: float | None = None,
    ) -> None:
        self.folder = _absolute(folder)
        self._keep = _count("keep", keep, 1)
        self._best = _count("best", best, 0)
        if mode not in ("min", "max"):
            raise ValueError(f"{mode=}: need 'min' or 'max'")
        self._mode = mode
        self._timeout = timeout

    def save(self, step: int, state: Any, metric: float | None = None) -> Path:
        """Save a checkpoint, and delete all but the newest and the best checkpoints.

        If an old file can't be deleted, you get a warning instead of an error, because
        the new checkpoint is complete. If the checkpoint can't be saved, no other
        checkpoint is deleted.

        Args:
            step: Number of the training step, 0 or more. It can't be lower than the
                step of any complete file in the folder.
            state: State to save, as in the function `save`.
            metric: Number that `best` uses to compare checkpoints, or None if you don't
                have one.

        Returns:
            Path of the new file.

        Raises:
            ValueError, TypeError: If `step` is not an integer, is negative or is too
                low, or if `metric` is not a number.
            CheckpointError, OSError: In the same cases as for the function `save`.
        """
        return _on_rank_0(
            "Checkpoints.save", lambda: self._save(step, state, metric), self._timeout
        )

    def latest(self) -> Path | None:
        """Return the newest complete file, or None if the folder has no checkpoints.

        A damaged file is skipped with a warning.

        Returns:
            Path of the file, which you can pass to `load`.

        Raises:
            CorruptCheckpointError: If all files are damaged.
            CheckpointError: If a rank doesn't call `latest` in time.
            OSError: If the folder can't be read.
        """
        return _on_rank_0(
            "Checkpoints.latest", lambda: self._whole(self._files()), self._timeout
        )

    def best(self) -> Path | None:
        """Return the complete file with the best metric, or None if no file has one.

        If several files have the best metric, the one with the lowest step is returned.
        A damaged file is skipped with a warning.

        Returns:
            Path of the file, which you can pass to `load`.

        Raises:
            CorruptCheckpointError: If all files with a metric are damaged.
            CheckpointError: If a rank doesn't call `best` in time.
            OSError: If the folder can't be read.
        """
        return _on_rank_0(
            "Checkpoints.best",
            lambda: self._whole(self._ranked(self._files())),
            self._timeout,
        )

    def _save(self, step: int, state: Any, metric: float | None) -> Path:
        """Do the work of `save` on rank 0."""
        step = _count("step", step, 0)
        suffix = "" if metric is None else f"_metric={float(metric)!r}"
        later = [file for file in self._files() if file.step > step]
        if later and (newest := _first_whole(later)):
            raise ValueError(
                f"{step=}: need a step that is not below latest(), which is step "
                f"{newest.step} in {self.folder}. For a new run, use another folder. "
                "To go back to an earlier step, delete the later files"
            )
        os.makedirs(os.path.realpath(self.folder), exist_ok=True)
        path = self.folder / f"step-{step:09}{suffix}.pt"
        _write(path, state, name="step")
        try:
            self._delete_old(path, step)
        except OSError as error:  # not an error of this call: the new file is complete
            _warn(f"saved {path}, but could not delete old files: {error}")
        return path

    def _delete_old(self, path: Path, step: int) -> None:
        """Delete old files after `path` was saved as the checkpoint for `step`."""
        files = self._files()
        # If the same step was saved before with a different metric, delete that file.
        valid = [file for file in files if file.step != step or file.path == path]
        kept = valid[: self._keep] + self._ranked(valid)[: self._best]
        kept_paths = {path, *(file.path for file in kept)}
        for file in files:
            if file.path not in kept_paths:
                _delete(file.path)

    def _files(self) -> list["_File"]:
        """Return the checkpoints in the folder, newest first."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        found = [match for name in names if (match := NAME.fullmatch(name))]
        files = [
            _File(int(match[1]), self.folder / match[0], float(match[2] or "nan"))
            for match in found
        ]
        return sorted(files, reverse=True)

    def _ranked(self, files: list["_File"]) -> list["_File"]:
        """Return the files with a metric, best first.

        Files with the same metric are sorted by step.
        """
        rated = [file for file in files if not math.isnan(file.metric)]
        sign = -1 if self._mode == "max" else 1
        return sorted(rated, key=lambda file: (sign * file.metric, file.step))

    def _whole(self, files: list["_File"]) -> Path | None:
        """Return the first complete file, or None if the list is empty."""
        if not files:
            return None
        if found := _first_whole(files):
            return found.path
        raise CorruptCheckpointError(
            f"every checkpoint tried in {self.folder} is damaged: restore one from a "
            "backup, or start again in another folder"
        )


class _File(NamedTuple):
    """A checkpoint in a folder, as described by its file name."""

    step: int
    path: Path
    metric: float  # NaN if the file has no metric


def _first_whole(files: list[_File]) -> _File | None:
    """Return the first complete file, and warn about the damaged ones before it."""
    for found in files:
        try:
            with _open(found.path) as file:
                identity = _identity(file)
                # A file system may round times to 10 ms. If the file was written just
                # now, another write might not change its identity.
                is_settled = time.time_ns() - identity[-1] > 20_000_000
                if _check(found.path, file) and is_settled:
                    checked.append(identity)
            return found
        except (CorruptCheckpointError, OSError) as error:
            _warn(f"skipped: {error}")
    return None


# --- Files ----------------------------------------------------------------------------


def _absolute(path: StrPath) -> Path:
    """Expand ``~`` and make the path absolute, so that a later chdir doesn't matter."""
    given = os.fsdecode(path)
    expanded = os.path.expanduser(given)
    if expanded.startswith("~"):
        text = f"no such home folder: for a file with this name, write ./{given}"
        raise FileNotFoundError(errno.ENOENT, text, given)
    return Path(expanded).absolute()


def _file_to_write(path: StrPath) -> Path:
    """Follow symbolic links, and return the path of the file to replace."""
    real = Path(os.path.realpath(_absolute(path)))
    if real.is_dir() or os.fsdecode(path).endswith(os.sep):
        text = "need a file name, not a folder"
        raise IsADirectoryError(errno.EISDIR, text, str(path))
    if real.exists() and not real.is_file():  # such as a device
        raise FileExistsError(errno.EEXIST, "not a regular file", str(path))
    return real


def _open(path: StrPath) -> io.BufferedReader:
    """Open a file for reading. Opening a named pipe would block, so refuse it."""
    real = _absolute(path)
    if real.exists() and not real.is_file():
        kind = "a folder: name a file in it" if real.is_dir() else "not a regular file"
        raise CorruptCheckpointError(f"{path} is {kind}")
    return open(real, "rb")


def _identity(file: io.BufferedReader) -> tuple[int, ...]:
    """Return numbers that change when the file is changed or replaced."""
    stat = os.fstat(file.fileno())
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _delete(path: Path) -> None:
    """Delete a file. If that fails, warn."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _warn(f"could not delete {path}: {error.strerror}")


def _warn(text: str) -> None:
    """Warn, and name the line outside this module that made the call."""
    frame: types.FrameType | None = sys._getframe()
    level = 1
    while frame and frame.f_code.co_filename == __file__:
        frame = frame.f_back
        level += 1
    warnings.warn(text, stacklevel=level)


def _count(name: str, value: Any, least: int) -> int:
    """Return a value as an int, or raise a ValueError if it isn't an int >= `least`."""
    is_int = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_int or value < least:
        raise ValueError(f"{name}={value!r}: need an int >= {least}")
    return int(value)


# --- Check and load -------------------------------------------------------------------


def _check(path: StrPath, file: io.BufferedReader) -> bool:
    """Read a whole file, and raise a CorruptCheckpointError if it is damaged.

    Returns:
        Whether `save` wrote the file. If so, its seal covers the bytes outside of the
        records, and every bit of the file is checked. In a file from ``torch.save``,
        only the CRC-32 of each record can be checked.
    """
    head = file.read(512)
    try:
        archive = zipfile.ZipFile(file)
        _read_records(archive)
        outside = _outside_of_records(file)
        sealed = _seal(outside[:-4]) == outside[-4:]
        # In a file from torch.save, the end record is last. It has 22 bytes, and its
        # last two are the length of the comment, which is 0.
        end = outside[-22:]
        is_from_torch = end.startswith(b"PK\5\6") and end.endswith(b"\0\0")
        if not sealed and not is_from_torch:
            raise zipfile.BadZipFile("Bad CRC-32 outside of records")
    except Exception as error:
        what = next(text for start, text in KINDS.items() if re.match(start, head))
        text = f"{path} {what.format(error, head[:8])}"
        raise CorruptCheckpointError(text) from error
    names = {name.partition("/")[2] for name in archive.namelist()}
    if "data.pkl" not in names or "constants.pkl" in names:  # as in TorchScript
        raise CorruptCheckpointError(
            f"{path} is TorchScript or another zip file, not a checkpoint: use a file "
            "that save() wrote"
        )
    return sealed


def _read_records(archive: zipfile.ZipFile) -> None:
    """Read all records. At the end of each one, zipfile checks its CRC-32."""

    def read(record: Any) -> None:
        while record.read(1 << 20):
            pass

    records = [archive.open(info) for info in archive.infolist()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # CRC-32 runs without the GIL
        deque(pool.map(read, records), maxlen=0)  # consume it, to raise any error here


def _outside_of_records(file: Any) -> bytes:
    """Return the headers, padding and directory of a zip file.

    No CRC-32 in a zip file covers these bytes.
    """
    outside = bytearray()
    end = 0
    for info in zipfile.ZipFile(file).infolist():
        file.seek(info.header_offset + 26)
        name_length, extra_length = struct.unpack("<HH", file.read(4))
        start = info.header_offset + 30 + name_length + extra_length
        file.seek(end)
        outside += file.read(start - end)
        end = start + info.compress_size
    file.seek(end)
    return bytes(outside + file.read())


def _seal(outside: bytes) -> bytes:
    """Return the CRC-32 of the bytes. `save` adds it as the zip file's comment."""
    return crc32(outside).to_bytes(4, "little")


def _torch_load(path: Any, source: Any, map_location: Any, mmap: bool = False) -> Any:
    """Load `source` without running code. Errors name `path`."""
    try:
        return torch.load(source, map_location, weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        name = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = "has a pickle that torch can't read"
        if name:
            what = f"contains {name[1]}, which could run code"
        text = (
            f"{path} {what}: load it with torch.load(..., weights_only=False), but "
            "only if you trust it"
        )
        raise UnsafeValueError(text) from error
    except Exception as error:
        raise CheckpointError(f"{path}: {error}".partition("\n")[0]) from error


# --- Write ----------------------------------------------------------------------------


def _write(path: Path, state: Any, name: str = "") -> None:
    """Write a checkpoint, or raise an error that says why that is not possible."""
    _refuse_what_would_not_load(state)
    try:
        _replace(path, state, name or path.name)
    except Exception as error:
        # If the disk is full, torch raises a RuntimeError while it handles an OSError.
        cause = error if isinstance(error, OSError) else error.__context__
        if isinstance(cause, OSError):
            text = f"{cause.strerror}: {_space(path, state)}"
            raise OSError(cause.errno, text, str(path)) from error
        if isinstance(error, CheckpointError):
            text = (
                "state can't be loaded again, although each value in it can: check "
                "that no list, tuple or dict contains itself"
            )
            raise UnsafeValueError(text) from error
        if isinstance(error, RuntimeError):
            text = f"state cannot be saved: {error}".partition("\n")[0]
            raise CheckpointError(text) from error
        raise
    _sync_folder(path)


def _replace(path: Path, state: Any, name: str) -> None:
    """Write a temporary file, load it as a test, then rename it to `path`.

    `name` is part of the temporary file's name. If the process is killed, a later call
    with the same `name` deletes the file.
    """
    if len(os.fsencode(name)) > 200:  # leave room for the rest of the temporary name
        name = f"{crc32(os.fsencode(name)):08x}"
    for left in path.parent.glob(f".{glob.escape(name)}-????????.tmp"):
        _delete(left)
    temp = path.with_name(f".{name}-{os.urandom(4).hex()}.tmp")
    try:
        with _EagerFile(io.FileIO(temp, "x+")) as file:
            torch.save(state, file)
            # The last field of the end record is the length of the comment after it.
            length = (4).to_bytes(2, "little")
            outside = _outside_of_records(file)[:-2] + length
            file.seek(-2, os.SEEK_END)
            file.write(length + _seal(outside))
            file.flush()
            os.fsync(file.fileno())
        _torch_load(path, temp, "cpu", mmap=True)
        os.replace(temp, path)
    finally:
        if os.path.lexists(temp):
            _delete(temp)


class _EagerFile(io.BufferedRandom):
    """A file that starts writing to disk right away, so that fsync has less to do."""

    def write(self, data: Any) -> int:
        size = super().write(data)
        if size > 1 << 20 and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return size


def _sync_folder(path: Path) -> None:
    """Flush the rename to disk. If that fails, warn: the file itself is complete."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows
        return
    try:
        folder = os.open(path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        _warn(f"saved {path}, but a power failure may undo it: {error.strerror}")


def _space(path: Path, state: Any) -> str:
    """Return a string with the size of the state and the free disk space."""
    sizes: list[int] = []
    counter = types.SimpleNamespace(
        write=lambda data: sizes.append(len(data)), flush=lambda: None
    )
    torch.save(state, counter)
    folder = next(folder for folder in path.parents if folder.is_dir())
    return f"{sum(sizes)} bytes to write, {shutil.disk_usage(folder).free} free"


# --- Values that do not load ----------------------------------------------------------

DICTS = (dict, OrderedDict, Counter)
LISTS = (list, tuple, torch.Size)
TENSORS = (torch.Tensor, torch.nn.Parameter)
# How to convert a value that can't be loaded. The first entry that matches the class or
# an attribute of the value is used.
CURES: list[tuple[Any, str]] = [
    (TENSORS, "save .as_subclass(torch.Tensor), or a dtype and layout that load"),
    (type, "save a name instead of code"),
    (enum.Enum, "save its .value"),
    ("__array_function__", "save torch.as_tensor() or .tolist() of it"),
    ("__dataclass_fields__", "save dataclasses.asdict() of it"),
    ("state_dict", "save its .state_dict()"),
    ("get_state", "save its .get_state()"),
    ("getstate", "save its .getstate()"),
    ("isoformat", "save its .isoformat()"),
    ("total_seconds", "save its .total_seconds()"),
    ("item", "save its .item()"),
    (io.IOBase, "save its .name"),
    ((str, os.PathLike), "save str() of it"),
    ((argparse.Namespace, types.SimpleNamespace), "save vars() of it"),
    (Callable, "save a name instead of code"),
    (Mapping, "save dict() of it"),
    (tuple, "save tuple() of it"),
    (float, "save float() of it"),
    (int, "save int() of it, or str() if it is huge"),
    (complex, "save its .real and .imag"),
    (numbers.Number, "save float() or str() of it"),
    (Iterable, "save list() of it"),
]


def _cure(value: Any) -> str:
    """Return advice on how to convert a value that can't be loaded."""
    for kind, cure in CURES:
        fits = hasattr if isinstance(kind, str) else isinstance
        if fits(value, kind):
            return cure
    return "leave it out, or save numbers, strings and tensors from which to rebuild it"


def _refuse_what_would_not_load(state: Any) -> None:
    """Raise an UnsafeValueError with up to five values that can't be loaded, if any."""
    try:
        first = [*itertools.islice(_problems("state", state, {}), 5)]
    except RecursionError:
        first = ["state is nested too deeply for pickle: flatten it"]
    if first:
        raise UnsafeValueError("; ".join(first))


def _problems(place: str, value: Any, seen: dict[int, Any]) -> Iterator[str]:
    """Yield a message for each part of a value that can't be loaded.

    If all parts are fine, the value itself may still be a problem. `seen` maps the id
    of each value to the value. This keeps the value alive, because Python reuses the id
    of a freed object.
    """
    if _is_plain(value) or id(value) in seen:
        return
    seen[id(value)] = value
    problem = _missing_data(value)
    if not problem:
        parts_are_fine = True
        for where, part in _parts(place, value):
            for text in _problems(where, part, seen):
                parts_are_fine = False
                yield text
        if parts_are_fine and not _loads(value):
            problem = f"would not load: {_cure(value)}"
    if problem:
        kind = type(value)
        yield f"{place}: {kind.__module__}.{kind.__qualname__} {problem}"


def _parts(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each part that is saved with a value, and where it is in the state."""
    kind = type(value)
    if kind in DICTS:
        for key, item in value.items():
            name = " ".join(repr(key).split())[:100]
            yield f"{place} key {name}", key
            yield f"{place}[{name}]", item
    elif kind in (*LISTS, set):
        for index, item in enumerate(value):
            yield f"{place}[{index}]", item
    if hasattr(kind, "__tensor_flatten__"):  # a tensor that wraps other tensors
        for name in value.__tensor_flatten__()[0]:
            yield f"{place}.{name}", getattr(value, name)
    elif isinstance(value, (torch.Tensor, OrderedDict)) or kind in get_safe_globals():
        for name, attribute in getattr(value, "__dict__", {}).items():
            yield f"{place}.{name}", attribute


def _is_plain(value: Any) -> bool:
    """Return whether a value has no parts and every torch release loads it."""
    if type(value) is int:
        return bool(value.bit_length() < 2040)  # torch refuses larger integers
    return type(value) in (str, float, bool, type(None))


def _missing_data(value: Any) -> str:
    """Return why a tensor or storage has no data, or '' if it has data."""
    if not isinstance(value, (torch.Tensor, torch.UntypedStorage, torch.TypedStorage)):
        return ""
    if value.device.type == "meta":
        return "is on the meta device without data: load its weights before you save"
    if not isinstance(value, torch.Tensor) or value.layout != torch.strided:
        return ""
    if torch.nn.parameter.is_lazy(value):
        return "has no data: run one batch through the lazy module first"
    if hasattr(value, "placements"):  # a DTensor
        cure = "save its .full_tensor(), or use torch.distributed.checkpoint"
        return f"has only this rank's part of the data: {cure}"
    try:
        storage = value.untyped_storage()
    except RuntimeError:  # some kinds of tensors have no storage
        return ""
    if storage.device.type == "meta" and not hasattr(value, "__tensor_flatten__"):
        return "is a fake tensor without data: save outside of FakeTensorMode"
    if type(value) in TENSORS and value.numel() and not storage.nbytes():
        return "has no data, because its memory was freed: gather it before you save"
    return ""


def _loads(value: Any) -> bool:
    """Return whether torch can load a value, if it can load all parts of the value."""
    if type(value) in TENSORS and value.layout == torch.strided:
        return value.is_quantized or _dtype_loads(value.dtype)
    if type(value) in (*DICTS, *LISTS, *TENSORS):
        return True
    return _torch_loads(value, _WithoutData)


@functools.cache
def _dtype_loads(dtype: torch.dtype) -> bool:
    """Return whether torch can load a dtype. For example, 2.4 can't load uint16."""
    return _torch_loads(torch.empty(0, dtype=dtype), pickle.Pickler)


def _torch_loads(value: Any, pickler: type[pickle.Pickler]) -> bool:
    """Save a value to memory and return whether torch can load it."""
    module: Any = types.SimpleNamespace(Pickler=pickler, __name__="pickle")
    buffer = io.BytesIO()
    try:
        torch.save(value, buffer, pickle_module=module)
        buffer.seek(0)
        torch.load(buffer, "cpu", weights_only=True)
    except Exception:
        return False
    return True


class _WithoutData(pickle.Pickler):
    """A pickler that omits tensor data, which makes no difference to the loader."""

    empty = torch.empty(0)

    def reducer_override(self, value: Any) -> Any:
        if type(value) in TENSORS:
            return self.empty.__reduce_ex__(2)  # type: ignore[no-untyped-call]
        return NotImplemented


# --- Ranks ----------------------------------------------------------------------------


def _on_rank_0(name: str, work: Callable[[], T], timeout: float | None) -> T:
    """Do the work on rank 0, and return its result or raise its error on all ranks."""
    distributed = torch.distributed
    grouped = distributed.is_available() and distributed.is_initialized()
    if not grouped or distributed.get_world_size() == 1:
        return work()
    call = _Call(name, timeout)
    result: T = call.lead(work) if call.rank == 0 else call.follow()
    return result


class _Call:
    """One call to `save`, `latest` or `best` that all ranks must make.

    The ranks meet in the process group's store, where each rank sets its own key. A
    collective would wait for the group's timeout, often 30 minutes, and its error would
    not name the missing rank.
    """

    def __init__(self, name: str, timeout: float | None) -> None:
        c10d: Any = torch.distributed.distributed_c10d
        store = c10d._get_default_store()
        self.name = name
        self.rank = torch.distributed.get_rank()
        self.longest = store.timeout.total_seconds()  # the group's timeout
        self.timeout = min(30.0, self.longest / 2) if timeout is None else timeout
        # All ranks must use the same number for the same call. A counter in each
        # process would differ between ranks if some were in other process groups
        # before, so the counter is in the store.
        number = store.add(f"checkpoints/calls/{self.rank}", 1)
        self.store = c10d.PrefixStore(f"checkpoints/{number}/{name}", store)
        self.store.set(str(self.rank), "here")

    def lead(self, work: Callable[[], Any]) -> Any:
        """On rank 0, do the work, wait for the other ranks, and publish the outcome."""
        outcome: Any = None
        try:
            outcome = work()
            self.require(range(1, torch.distributed.get_world_size()))
            return outcome
        except (CheckpointError, OSError, ValueError, TypeError) as error:
            outcome = error
            raise
        except BaseException as error:  # even KeyboardInterrupt, since other ranks wait
            outcome = CheckpointError(f"rank 0: {error!r}")
            raise
        finally:
            self.store.set("outcome", pickle.dumps(outcome))

    def follow(self) -> Any:
        """On other ranks, wait for rank 0 to make the call, then for the outcome."""
        try:
            self.require([0])
            if self.missing(["outcome"], self.longest):
                raise CheckpointError(
                    f"rank 0 did not finish {self.name}() within {self.longest:g} s: "
                    "pass a longer timeout to init_process_group"
                )
            outcome = pickle.loads(self.store.get("outcome"))
        finally:  # rank 0 has seen the key, or must not see it after we gave up
            self.store.delete_key(str(self.rank))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def require(self, ranks: Iterable[int]) -> None:
        """Wait for the ranks, and raise an error if one doesn't make the same call."""
        if missing := self.missing(ranks, self.timeout):
            raise CheckpointError(
                f"rank {self.rank} called {self.name}(), but ranks {missing} did not "
                f"within {self.timeout:g} s: every rank must call it. If they are only "
                "late, pass a longer timeout="
            )

    def missing(self, keys: Iterable[T], seconds: float) -> list[T]:
        """Wait for keys in the store, and return any still missing after `seconds`."""
        end = time.monotonic() + seconds
        pause = 0.001
        while left := [key for key in keys if not self.store.check([str(key)])]:
            if time.monotonic() >= end:
                break
            time.sleep(pause)
            pause = min(2 * pause, 0.1)
        return left
