"""Checkpoints that survive crashes, show damage and run no code.

One file to copy: torch 2.4 or newer. The files are in the format of ``torch.save``.

With torch.distributed, every rank calls `save` and the methods of `Checkpoints`. Rank 0
does the work, and all ranks return its result or raise its error. Collect what differs
between ranks with ``all_gather_object`` first. For a sharded model, use
``torch.distributed.checkpoint``.
"""

import argparse
import enum
import errno
import functools
import glob
import io
import itertools
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
KINDS = {  # what a file that is not a checkpoint is, by how it starts
    rb"version https://git-lfs": "is a Git LFS pointer: run git lfs pull",
    rb"\s*<(?i:!doctype|html|\?xml)": "is a web page: download the file again",
    rb"\x80\x02\x8a\nl\xfc\x9cF": "is in torch's format before 1.6: save it again",
    rb"(?s:.{8})\{\"": "is a safetensors file: use safetensors.torch.load_file",
    rb"\0*\Z": "is empty or full of zeros: use an earlier file",
    rb"PK\x03\x04": "is damaged ({0}): use an earlier file",
    rb"": "is not a checkpoint, it starts with {1}",
}
# Files of `save` that `latest` or `best` has just checked: `load` need not do it again.
checked: deque[tuple[int, ...]] = deque(maxlen=8)


class CheckpointError(RuntimeError):
    """A checkpoint cannot be saved or loaded; the message says which and why."""


class CorruptCheckpointError(CheckpointError):
    """The file is damaged, incomplete or not a checkpoint."""


class UnsafeValueError(CheckpointError):
    """A value does not load without running code, or has no data to save."""


# --- Save and load --------------------------------------------------------------------


def save(path: StrPath, state: Any, *, timeout: float | None = None) -> None:
    """Save so that `path` is always the whole old or the whole new file.

    The state is written to a temporary file ``.NAME-*.tmp`` in the same folder, flushed
    to the disk, loaded as a test, and renamed. Temporary files that killed processes
    left are deleted.

    Args:
        path: The file, in an existing folder. ``~`` is the home folder. A symbolic link
            is followed.
        state: Tensors, numbers and strings in dicts, lists and tuples, and whatever
            else ``torch.load(weights_only=True)`` of this release accepts.
        timeout: Seconds that rank 0, once it has written the file, waits for the other
            ranks to call `save` too, and that they wait for rank 0 to call it. Default:
            30, or half of the process group's timeout if that is less.

    Raises:
        UnsafeValueError: If a value would not load or a tensor has no data. The message
            says which and what to do. As with any error, the old file is kept.
        CheckpointError: If torch cannot save the state, or if a rank does not call
            `save` in time.
        OSError: If the file cannot be written, or if another process starts to save to
            `path`.

    Source: https://lwn.net/Articles/457667 (fsync, then rename)

    Example:
        >>> save("last.pt", {"step": 7, "weight": torch.eye(2)})
        >>> load("last.pt")["step"]
        7
    """
    _on_rank_0("save", lambda: _write(_file_to_write(path), state), timeout)


def load(path: StrPath, *, map_location: Any = "cpu") -> Any:
    """Check every byte of a file of `save` or ``torch.save`` and return its state.

    Args:
        path: The file. ``~`` is the home folder.
        map_location: As for ``torch.load``. ``"meta"`` checks the file and returns
            tensors without data.

    Returns:
        The state that was saved. No code of the file is run.

    Raises:
        CorruptCheckpointError: If the file is damaged or not a checkpoint. The message
            says what it is.
        UnsafeValueError: If the file contains something that could run code.
        CheckpointError: If torch cannot load it, for example without the device.
        OSError: If the file cannot be read, for example because it does not exist.

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
            # Copy the tensors from memory instead of reading them again.
            opened = f"/dev/fd/{file.fileno()}"  # the same file if the path changes
            return _torch_load(path, opened, lambda data, _: data.clone(), mmap=True)
        file.seek(0)
        return _torch_load(path, file, map_location)


class Checkpoints:
    """A folder with the newest checkpoints and the best ones.

    Args:
        folder: The first `save` creates it. ``~`` is the home folder. The names of the
            files are its only index.
        keep: How many of the newest files to keep, 1 or more.
        best: How many of the best files to keep in addition, 0 or more.
        mode: ``"min"`` or ``"max"``: which metric is the best. NaN never is.
        timeout: As for the function `save`, for all methods.

    Raises:
        ValueError: If `keep`, `best` or `mode` is not such a value.

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
        """Save, then delete the files that are neither the newest nor the best.

        Args:
            step: Number of the step, 0 or more. It can't be below the step of another
                whole file.
            state: As for the function `save`.
            metric: The number that `best` compares, if any.

        Returns:
            The new file. A file that can't be deleted causes only a warning.

        Raises:
            ValueError, TypeError: If `step` or `metric` is not such a number.
            CheckpointError, OSError: As for the function `save`. Nothing is deleted.
        """
        return _on_rank_0(
            "Checkpoints.save", lambda: self._save(step, state, metric), self._timeout
        )

    def latest(self) -> Path | None:
        """Return the newest whole file, or None if the folder has no checkpoints.

        A damaged file is passed over with a warning.

        Raises:
            CorruptCheckpointError: If all files are damaged.
            OSError: If the folder cannot be read.
        """
        return _on_rank_0(
            "Checkpoints.latest", lambda: self._whole(self._files()), self._timeout
        )

    def best(self) -> Path | None:
        """Return the whole file with the best metric, or None if no file has a metric.

        Damaged files and errors are treated as in `latest`.
        """
        return _on_rank_0(
            "Checkpoints.best",
            lambda: self._whole(self._ranked(self._files())),
            self._timeout,
        )

    def _save(self, step: int, state: Any, metric: float | None) -> Path:
        step = _count("step", step, 0)
        suffix = "" if metric is None else f"_metric={float(metric)!r}"
        later = [file for file in self._files() if file.step > step]
        if later and (newest := _first_whole(later)):
            raise ValueError(
                f"{step=}: need an int >= 0 that is not below latest(), step "
                f"{newest.step} in {self.folder}. For a new run, use another folder; "
                "to go back to an earlier step, delete the later files"
            )
        os.makedirs(os.path.realpath(self.folder), exist_ok=True)
        path = self.folder / f"step-{step:09}{suffix}.pt"
        _write(path, state, name="step")
        try:
            self._delete_old(path, step)
        except OSError as error:  # the new file is whole: that is what counts
            _warn(f"saved {path}, but could not delete old files: {error}")
        return path

    def _delete_old(self, path: Path, step: int) -> None:
        files = self._files()
        # Of a step that is saved again, only the new file counts.
        valid = [file for file in files if file.step != step or file.path == path]
        kept = valid[: self._keep] + self._ranked(valid)[: self._best]
        kept_paths = {path, *(file.path for file in kept)}
        for file in files:
            if file.path not in kept_paths:
                _delete(file.path)

    def _files(self) -> list["_File"]:
        """Return the files of the folder, the newest first."""
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
        """Return the files with a metric, the best first, at a tie the earlier one."""
        rated = [file for file in files if file.metric == file.metric]  # NaN is not
        sign = -1 if self._mode == "max" else 1
        return sorted(rated, key=lambda file: (sign * file.metric, file.step))

    def _whole(self, files: list["_File"]) -> Path | None:
        if not files:
            return None
        if found := _first_whole(files):
            return found.path
        raise CorruptCheckpointError(
            f"{self.folder}: none of its files is whole. Restore one from a copy, or "
            "use another folder to start again"
        )


class _File(NamedTuple):
    step: int
    path: Path
    metric: float  # or NaN


def _first_whole(files: list[_File]) -> _File | None:
    for found in files:
        try:
            with _open(found.path) as file:
                identity = _identity(file)
                # The clock of a file system has ticks of up to 10 ms. A change within
                # the same tick would not show in the identity.
                settled = time.time_ns() - identity[-1] > 20_000_000
                if _check(found.path, file) and settled:
                    checked.append(identity)
            return found
        except (CorruptCheckpointError, OSError) as error:
            _warn(f"passed over: {error}")
    return None


# --- Files ----------------------------------------------------------------------------


def _absolute(path: StrPath) -> Path:
    """Replace ``~``, and make the path independent of a later chdir."""
    given = os.fsdecode(path)
    expanded = os.path.expanduser(given)
    if expanded.startswith("~"):
        text = f"no home folder of this name; for a file of this name write ./{given}"
        raise FileNotFoundError(errno.ENOENT, text, given)
    return Path(expanded).absolute()


def _file_to_write(path: StrPath) -> Path:
    real = Path(os.path.realpath(_absolute(path)))
    if real.is_dir() or os.fsdecode(path).endswith(os.sep):
        text = "need a file name, not a folder"
        raise IsADirectoryError(errno.EISDIR, text, str(path))
    if real.exists() and not real.is_file():  # the rename would replace a device
        raise FileExistsError(errno.EEXIST, "not a regular file", str(path))
    return real


def _open(path: StrPath) -> io.BufferedReader:
    real = _absolute(path)
    if real.exists() and not real.is_file():  # to open a named pipe would wait
        kind = "a folder: name a file in it" if real.is_dir() else "not a regular file"
        raise CorruptCheckpointError(f"{path} is {kind}")
    return open(real, "rb")


def _identity(file: io.BufferedReader) -> tuple[int, ...]:
    """Return numbers that change when the file is changed or replaced."""
    stat = os.fstat(file.fileno())
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _warn(f"could not delete {path}: {error.strerror}")


def _warn(text: str) -> None:
    """Warn at the line that called this file."""
    frame: types.FrameType | None = sys._getframe()
    level = 1
    while frame and frame.f_code.co_filename == __file__:
        frame = frame.f_back
        level += 1
    warnings.warn(text, stacklevel=level)


def _count(name: str, value: Any, least: int) -> int:
    is_int = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_int or value < least:
        raise ValueError(f"{name}={value!r}: need an int >= {least}")
    return int(value)


# --- Check and load -------------------------------------------------------------------


def _check(path: StrPath, file: io.BufferedReader) -> bool:
    """Read the file and raise CorruptCheckpointError unless it is whole.

    Returns:
        True if `save` wrote it.
    """
    head = file.read(512)
    try:
        archive = zipfile.ZipFile(file)
        _read_records(archive)
        outside = _outside_of_records(file)
        sealed = _seal(outside[:-4]) == outside[-4:]
        # torch.save adds nothing to the end record, which has 22 bytes.
        end = outside[-22:]
        if not sealed and not (end.startswith(b"PK\5\6") and end.endswith(b"\0\0")):
            raise zipfile.BadZipFile("Bad CRC-32 outside of records")
    except Exception as error:
        what = next(text for start, text in KINDS.items() if re.match(start, head))
        text = f"{path} {what.format(error, head[:8])}"
        raise CorruptCheckpointError(text) from error
    names = {name.partition("/")[2] for name in archive.namelist()}
    if "data.pkl" not in names or "constants.pkl" in names:  # as in TorchScript
        raise CorruptCheckpointError(f"{path} is TorchScript or another zip file")
    return sealed


def _read_records(archive: zipfile.ZipFile) -> None:
    """Read all records; zipfile compares the CRC-32 of each at its end."""

    def read(record: Any) -> None:
        while record.read(1 << 20):
            pass

    records = [archive.open(info) for info in archive.infolist()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # CRC-32 runs without the GIL
        deque(pool.map(read, records), maxlen=0)  # so that an error is raised here


def _outside_of_records(file: Any) -> bytes:
    """Return headers, padding and directory, which no CRC-32 of a zip file covers."""
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
    """Return the comment of a zip file with these bytes outside of its records."""
    return crc32(outside).to_bytes(4, "little")


def _torch_load(path: Any, source: Any, map_location: Any, mmap: bool = False) -> Any:
    try:
        return torch.load(source, map_location, weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        name = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"holds {name[1]}, which could run code" if name else "has a bad pickle"
        text = f"{path} {what}: load it only if you trust it"
        raise UnsafeValueError(text) from error
    except Exception as error:
        raise CheckpointError(f"{path}: {error}".partition("\n")[0]) from error


# --- Write ----------------------------------------------------------------------------


def _write(path: Path, state: Any, name: str = "") -> None:
    _refuse_what_would_not_load(state)
    try:
        _replace(path, state, name or path.name)
    except Exception as error:
        # torch raises a RuntimeError while it handles an OSError.
        cause = error if isinstance(error, OSError) else error.__context__
        if isinstance(cause, OSError):
            text = f"{cause.strerror}: {_space(path, state)}"
            raise OSError(cause.errno, text, str(path)) from error
        if isinstance(error, CheckpointError):
            text = "state would not load, though each value might: does it hold itself?"
            raise UnsafeValueError(text) from error
        if isinstance(error, RuntimeError):
            text = f"state cannot be saved: {error}".partition("\n")[0]
            raise CheckpointError(text) from error
        raise
    _sync_folder(path)


def _replace(path: Path, state: Any, name: str) -> None:
    """Write a temporary file, load it as a test, then rename it."""
    if len(os.fsencode(name)) > 200:  # the name of the temporary file is longer
        name = f"{crc32(os.fsencode(name)):08x}"
    for left in path.parent.glob(f".{glob.escape(name)}-????????.tmp"):
        _delete(left)
    temp = path.with_name(f".{name}-{os.urandom(4).hex()}.tmp")
    try:
        with _EagerFile(io.FileIO(temp, "x+")) as file:
            torch.save(state, file)
            # Put a comment behind the end record, whose last field is its length.
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
    """Begins to write to the disk at once, so that fsync has less to wait for."""

    def write(self, data: Any) -> int:
        size = super().write(data)
        if size > 1 << 20 and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return size


def _sync_folder(path: Path) -> None:
    """Write the new name to the disk. The file is whole even if that fails."""
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
    """Return how much space the state needs and the disk has."""
    sizes: list[int] = []
    count = types.SimpleNamespace(
        write=lambda data: sizes.append(len(data)), flush=lambda: None
    )
    torch.save(state, count)
    folder = next(folder for folder in path.parents if folder.is_dir())
    return f"{sum(sizes)} bytes to write, {shutil.disk_usage(folder).free} free"


# --- Values that do not load ----------------------------------------------------------

DICTS = (dict, OrderedDict, Counter)
LISTS = (list, tuple, torch.Size)
TENSORS = (torch.Tensor, torch.nn.Parameter)
CURES: list[tuple[Any, str]] = [  # the first whose class or attribute the value has
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
    """Return how to save a value of a type that does not load."""
    for kind, cure in CURES:
        fits = hasattr if isinstance(kind, str) else isinstance
        if fits(value, kind):
            return cure
    return "leave it out, or save numbers, strings and tensors from which to rebuild it"


def _refuse_what_would_not_load(state: Any) -> None:
    try:
        first = [*itertools.islice(_problems("state", state, {}), 5)]
    except RecursionError:
        first = ["state is nested too deeply: flatten it"]
    if first:
        raise UnsafeValueError("; ".join(first))


def _problems(place: str, value: Any, seen: dict[int, Any]) -> Iterator[str]:
    """Yield what is wrong with the parts of a value, or else with itself.

    `seen` has by id what was looked at, and keeps it so that no id is used again.
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
    """Yield what is saved with a value, each with its place."""
    kind = type(value)
    if kind in DICTS:
        for key, item in value.items():
            name = " ".join(repr(key).split())[:100]
            yield f"{place} key {name}", key
            yield f"{place}[{name}]", item
    elif kind in (*LISTS, set):
        for index, item in enumerate(value):
            yield f"{place}[{index}]", item
    if hasattr(kind, "__tensor_flatten__"):  # a tensor that wraps others
        for name in value.__tensor_flatten__()[0]:
            yield f"{place}.{name}", getattr(value, name)
    elif isinstance(value, (torch.Tensor, OrderedDict)) or kind in get_safe_globals():
        for name, attribute in getattr(value, "__dict__", {}).items():
            yield f"{place}.{name}", attribute


def _is_plain(value: Any) -> bool:
    if type(value) is int:
        return bool(value.bit_length() < 2040)  # the loader refuses larger ones
    return type(value) in (str, float, bool, type(None))


def _missing_data(value: Any) -> str:
    """Return why a tensor or storage has no data to save, or ''."""
    if not isinstance(value, (torch.Tensor, torch.UntypedStorage, torch.TypedStorage)):
        return ""
    if value.device.type == "meta":
        return "is on the meta device without data: load its weights before you save"
    if not isinstance(value, torch.Tensor) or value.layout != torch.strided:
        return ""
    if torch.nn.parameter.is_lazy(value):
        return "is without data: run one batch through the lazy module first"
    if hasattr(value, "placements"):  # a DTensor
        use = "save its .full_tensor(), or use torch.distributed.checkpoint"
        return f"is only this rank's part of a tensor: {use}"
    try:
        storage = value.untyped_storage()
    except RuntimeError:  # has another kind of memory
        return ""
    if storage.device.type == "meta" and not hasattr(value, "__tensor_flatten__"):
        return "is a fake tensor without data: save outside of FakeTensorMode"
    if type(value) in TENSORS and value.numel() and not storage.nbytes():
        return "has no data, its memory was freed: gather it before you save"
    return ""


def _loads(value: Any) -> bool:
    """Tell whether torch loads a value, given that it loads its parts."""
    if type(value) in TENSORS and value.layout == torch.strided:
        return value.is_quantized or _dtype_loads(value.dtype)
    if type(value) in (*DICTS, *LISTS, *TENSORS):
        return True
    return _torch_loads(value, _WithoutData)


@functools.cache
def _dtype_loads(dtype: torch.dtype) -> bool:
    """Tell whether torch loads a dtype: release 2.4 can't even save uint16."""
    return _torch_loads(torch.empty(0, dtype=dtype), pickle.Pickler)


def _torch_loads(value: Any, pickler: type[pickle.Pickler]) -> bool:
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
    """Pickles tensors without their data, which makes no difference to the loader."""

    empty = torch.empty(0)

    def reducer_override(self, value: Any) -> Any:
        if type(value) in TENSORS:
            return self.empty.__reduce_ex__(2)  # type: ignore[no-untyped-call]
        return NotImplemented


# --- Ranks ----------------------------------------------------------------------------


def _on_rank_0(name: str, work: Callable[[], T], timeout: float | None) -> T:
    """Do the work on rank 0; return its result or raise its error on all ranks."""
    distributed = torch.distributed
    grouped = distributed.is_available() and distributed.is_initialized()
    if not grouped or distributed.get_world_size() == 1:
        return work()
    call = _Call(name, timeout)
    result: T = call.lead(work) if call.rank == 0 else call.follow()
    return result


class _Call:
    """One call that all ranks make, through the store of the process group.

    A collective would wait for the group's timeout, often 30 minutes, and then not say
    which rank is missing. In the store, each rank that arrives sets its own key.
    """

    def __init__(self, name: str, timeout: float | None) -> None:
        c10d: Any = torch.distributed.distributed_c10d
        store = c10d._get_default_store()
        self.name = name
        self.rank = torch.distributed.get_rank()
        self.longest = store.timeout.total_seconds()  # of the group
        self.timeout = min(30.0, self.longest / 2) if timeout is None else timeout
        # Counted in the store, as processes may have been in other groups before.
        number = store.add(f"checkpoints/calls/{self.rank}", 1)
        self.store = c10d.PrefixStore(f"checkpoints/{number}/{name}", store)
        self.store.set(str(self.rank), "here")

    def lead(self, work: Callable[[], Any]) -> Any:
        """On rank 0: work, wait for the other ranks, then publish the outcome."""
        outcome: Any = None
        try:
            outcome = work()
            self.require(range(1, torch.distributed.get_world_size()))
            return outcome
        except (CheckpointError, OSError, ValueError, TypeError) as error:
            outcome = error
            raise
        except BaseException as error:  # whatever it is, the other ranks wait
            outcome = CheckpointError(f"rank 0: {error!r}")
            raise
        finally:
            self.store.set("outcome", pickle.dumps(outcome))

    def follow(self) -> Any:
        """On another rank: wait until rank 0 has arrived, then for the outcome."""
        try:
            self.require([0])
            if self.missing(["outcome"], self.longest):
                text = f"rank 0 did not finish {self.name}() in {self.longest:g} s"
                raise CheckpointError(text)
            outcome = pickle.loads(self.store.get("outcome"))
        finally:  # rank 0 no longer needs the key, or must not count on this rank
            self.store.delete_key(str(self.rank))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def require(self, ranks: Iterable[int]) -> None:
        """Wait for the ranks; raise an error if one does not make the same call."""
        if missing := self.missing(ranks, self.timeout):
            raise CheckpointError(
                f"rank {self.rank} called {self.name}(), but ranks {missing} did not "
                f"within {self.timeout:g} s: every rank must call it. If they are only "
                "late, pass a longer timeout="
            )

    def missing(self, keys: Iterable[T], seconds: float) -> list[T]:
        """Wait for the keys; return those that have not come after so many seconds."""
        end = time.monotonic() + seconds
        pause = 0.001
        while left := [key for key in keys if not self.store.check([str(key)])]:
            if time.monotonic() >= end:
                break
            time.sleep(pause)
            pause = min(2 * pause, 0.1)
        return left
