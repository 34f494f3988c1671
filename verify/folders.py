"""Create the folders that a snippet file runs in, and remove them whatever it did.

`RunFolder` also reports what the file left in its home and temporary folders.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fnmatch
import functools
import os
import re
import stat
import struct
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

LIBRARY_HOME = (
    ".cache/matplotlib",  # the list of fonts
    ".config/matplotlib",  # an empty folder for settings
    ".cache/torch",  # compiled kernels
    ".cache/torch_extensions",  # compiled C++
    ".triton",  # compiled kernels
    ".nv",  # CUDA's compiled kernels
)
"""What libraries keep in the home folder, which isn't a fault of the snippet file."""

LIBRARY_TMP = (
    "torchelastic_*",  # torchrun: the logs of the ranks
    "pytorch-errorfile-*",  # torch.multiprocessing.spawn: the error of a rank
    "torchinductor_*",  # torch.compile: compiled code
    "torch-shm-dir-*",  # torch_shm_manager: its socket
    "pymp-*",  # multiprocessing: the sockets of a process that was killed
)
"""What libraries leave in the temporary folder, under random names."""

# From <linux/fs.h> and <sys/mount.h>.
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
APPEND_ONLY, IMMUTABLE = 0x20, 0x10
MNT_DETACH = 2


class RunFolder:
    """A context with an empty working, home and temporary folder for one run.

    Attributes:
        work: The working folder.
        home: The home folder.
        tmp: The temporary folder.
        resisted: What couldn't simply be deleted, see `remove`. Empty until the
            context ends.

    Example:
        >>> with RunFolder() as folder:
        ...     _ = folder.tmp.joinpath("model.pt").write_text("weights")
        ...     folder.left()
        ['left $TMPDIR/model.pt; delete it or write into the working folder']
        >>> folder.work.exists(), folder.resisted
        (False, [])
    """

    def __init__(self) -> None:
        # The real path, because a file may compare it with `os.getcwd()`, which doesn't
        # contain links.
        self._folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="verify-run-")))
        self.work, self.home, self.tmp = (
            self._folder / name for name in ("work", "home", "tmp")
        )
        for folder in (self.work, self.home, self.tmp):
            folder.mkdir()
        self.resisted: list[str] = []

    def left(self) -> list[str]:
        """Return a fault that names what a file left in its home and temporary folders.

        Returns:
            A list with one fault; empty if the file left nothing there.
        """
        names = [
            *left_in(self.home, LIBRARY_HOME, "~"),
            *left_in(self.tmp, LIBRARY_TMP, "$TMPDIR"),
        ]
        if not names:
            return []
        return [f"left {listed(names)}; delete it or write into the working folder"]

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_) -> None:
        self.resisted = remove(self._folder)


def left_in(folder: Path, allowed: Iterable[str], name: str) -> list[str]:
    """List the contents of a folder, except for what is allowed there.

    Args:
        folder: The folder.
        allowed: Patterns of allowed paths, relative to the folder. Everything below
            such a path is allowed too.
        name: Name of the folder in messages, for example ``~``.

    Returns:
        The topmost paths that aren't allowed, sorted, each beginning with `name`. The
        parent folders of an allowed path aren't listed. If the folder itself can't be
        read, nothing is listed.

    Example:
        >>> with tempfile.TemporaryDirectory() as home:
        ...     Path(home, ".cache", "torch", "kernels").mkdir(parents=True)
        ...     _ = Path(home, "model.pt").write_text("weights")
        ...     left_in(Path(home), [".cache/torch"], "~")
        ['~/model.pt']
    """
    patterns = [pattern.split("/") for pattern in allowed]
    found: list[str] = []

    def visit(parts: list[str]) -> None:
        current = os.path.join(folder, *parts)
        if os.path.islink(current):  # the file may have replaced the folder by a link
            return
        for entry in sorted(_entries(current), key=lambda entry: entry.name):
            path = [*parts, entry.name]
            fit = [p for p in patterns if all(map(fnmatch.fnmatchcase, path, p))]
            if any(len(pattern) <= len(path) for pattern in fit):
                continue
            if fit and entry.is_dir(follow_symlinks=False):  # parent of an allowed path
                visit(path)
            else:
                found.append("/".join([name, *path]))

    visit([])
    return found


def printable(name: str) -> str:
    r"""Escape a name if it contains characters that could upset a terminal or a log.

    Args:
        name: The name of a file, for example.

    Returns:
        The name itself if it's printable, else with escapes.

    Example:
        >>> printable("模型.pt"), printable("a\n\x1b[2J")
        ('模型.pt', 'a\\n\\x1b[2J')
    """
    return name if name.isprintable() else repr(name)[1:-1]


def listed(names: Iterable[str], most: int = 10) -> str:
    """Join names for a message, escaped and with a count in place of a long rest.

    Args:
        names: The names.
        most: How many to write out.

    Returns:
        The names, separated by commas.

    Example:
        >>> listed(["a.txt", "b.txt", "c.txt"], most=2)
        'a.txt, b.txt and 1 more'
    """
    names = list(names)
    text = ", ".join(printable(name) for name in names[:most])
    return text + (f" and {len(names) - most} more" if len(names) > most else "")


def remove(folder: Path) -> list[str]:
    """Remove a folder with everything in it, whatever a snippet file did there.

    Folders of any depth, folders that can't be read, and immutable files are removed.
    The targets of links and of mount points aren't touched. No error is raised.

    Args:
        folder: The folder.

    Returns:
        What couldn't simply be deleted, with the reason: immutable files and mount
        points, which are removed if possible, and whatever else couldn't be removed.
        The folder still exists if anything remains.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "a" / "b").mkdir(parents=True)
        >>> remove(folder), folder.exists()
        ([], False)
    """
    top = os.path.realpath(folder)
    resisted: list[str] = []
    for point in _mount_points(top):
        resisted.append(f"{printable(os.path.relpath(point, top))} (a mount point)")
        _unmount(point)
    if _mount_points(top):  # don't delete through a mount
        return resisted
    # Move each inner folder up to the top, so that no path gets too long. Each item is
    # the path of a folder now, and its original path below the top.
    folders = [(top, "")]
    while folders:
        current, name = folders.pop()
        for entry in _entries(current):
            inner = os.path.join(name, entry.name)
            if not entry.is_dir(follow_symlinks=False):
                _force(os.unlink, entry.path, inner, resisted)
            elif current == top:
                folders.append((entry.path, inner))
            else:
                moved = os.path.join(top, os.urandom(12).hex())
                move = functools.partial(os.rename, dst=moved)
                if _force(move, entry.path, inner, resisted):
                    folders.append((moved, inner))
        if current != top:
            _force(os.rmdir, current, name, resisted)
    # Not `_force`, which would change the permissions of the parent folder.
    with contextlib.suppress(OSError):
        os.rmdir(top)
    return resisted


def _entries(folder: str) -> list[os.DirEntry]:
    """List a folder, and make it accessible first if that's necessary."""
    for attempt in (1, 2):
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError:
            if attempt == 1:
                _open_up(folder)
    return []


def _force(
    action: Callable[[str], object], path: str, name: str, resisted: list[str]
) -> bool:
    """Do something to a path; if that's denied, remove protections and try again.

    Args:
        action: A function of the path, such as `os.unlink`.
        path: The path.
        name: The original path in the folder, for messages.
        resisted: List to which protections and failures are appended.

    Returns:
        Whether the action succeeded.
    """
    try:
        action(path)
        return True
    except FileNotFoundError:
        return False
    except OSError:
        named = len(resisted)
    for part, said in ((os.path.dirname(path), os.path.dirname(name)), (path, name)):
        if _open_up(part):
            resisted.append(f"{printable(said)} (immutable)")
    try:
        action(path)
        return True
    except FileNotFoundError:
        return False
    except OSError as error:
        # If a folder isn't empty, the list has what is in it.
        full = error.errno in (errno.ENOTEMPTY, errno.EEXIST)
        if not full and len(resisted) == named:
            resisted.append(f"{printable(name)} ({error.strerror})")
        return False


def _open_up(path: str) -> bool:
    """Make a path writable.

    Returns:
        Whether it was immutable or append-only, in the sense of ``chattr``.
    """
    had_flags = _clear_flags(path)
    with contextlib.suppress(OSError):
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            os.chmod(path, 0o700)
        elif os.name == "nt" and not stat.S_ISLNK(mode):
            os.chmod(path, stat.S_IWRITE)
    return had_flags


def _clear_flags(path: str) -> bool:
    """Clear ``chattr +i`` and ``+a``.

    Returns:
        Whether one of them was set.
    """
    try:
        import fcntl
    except ImportError:
        return False
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            answer = fcntl.ioctl(file, FS_IOC_GETFLAGS, bytes(8))
            flags = struct.unpack("@l", answer)[0]
            if not flags & (IMMUTABLE | APPEND_ONLY):
                return False
            cleared = struct.pack("@l", flags & ~(IMMUTABLE | APPEND_ONLY))
            with contextlib.suppress(OSError):
                fcntl.ioctl(file, FS_IOC_SETFLAGS, cleared)
            return True
        finally:
            os.close(file)
    return False


def _mount_points(folder: str) -> list[str]:
    """List the mount points at or below a folder, those with the longest path first."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(errors="surrogateescape")
    except OSError:
        return []
    points = [
        # The kernel escapes a space as \040.
        re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), line.split()[4])
        for line in lines.splitlines()
    ]
    below = [p for p in points if p == folder or p.startswith(folder + os.sep)]
    return sorted(below, key=len, reverse=True)


def _unmount(point: str) -> None:
    """Detach a mount point, even if it's in use; do nothing if that's not allowed."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).umount2(os.fsencode(point), MNT_DETACH)
