"""Seed all random number generators, save and restore them, keep a block from them.

Equal seeds give equal numbers on one device and torch release, not across them. Hashes
of str are not covered: Python reads ``PYTHONHASHSEED`` once, when it starts.
"""

import contextlib
import gc
import hashlib
import importlib
import inspect
import os
import random
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch.utils.data import get_worker_info

F = TypeVar("F", bound=Callable[..., Any])
CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
DEVICES = ("cuda", "xpu", "mps")
NOT_SEARCHED = (type, types.ModuleType, types.FrameType, set, torch.Tensor)
GENERATORS: tuple[Any, ...] = (torch.Generator, random.Random)
numpy: Any = None
with contextlib.suppress(ImportError):
    numpy = importlib.import_module("numpy")
    GENERATORS += (numpy.random.BitGenerator, numpy.random.RandomState)


def _check(name: str, value: object, below: int) -> None:
    if type(value) is not int:
        raise TypeError(f"{name} must be an int, got {value!r}: pass int(...)")
    if not 0 <= value < below:
        raise ValueError(f"{name} must be in [0, {below - 1}], got {value}")


def derive_seed(seed: int, *keys: int | str) -> int:
    """Make a seed for one purpose from a seed and keys that name the purpose.

    Args:
        seed: Integer in [0, 2**64 - 1].
        *keys: Integers and strings, in order.

    Returns:
        Integer in [0, 2**32 - 1], the BLAKE2b hash (RFC 7693) of the arguments. Unlike
        ``seed + rank``, run 0 on rank 1 does not get what run 1 on rank 0 gets.

    Raises:
        TypeError: `seed` is no int (a bool is none), or a key neither int nor str.
        ValueError: `seed` is out of range.

    Example:
        >>> derive_seed(0, "worker", 3), derive_seed(0, "worker", 4)
        (290874954, 2777990286)
    """
    _check("seed", seed, 2**64)
    if wrong := [key for key in keys if type(key) not in (int, str)]:
        raise TypeError(f"keys must be int or str, got {wrong[0]!r}: pass str(...)")
    text = ascii((seed, *keys)).encode()  # unambiguous, and the same on every Python
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big")


def seed_everything(seed: int, *, rank: int = 0) -> int:
    """Seed ``random``, NumPy's global generator and torch on all devices.

    Args:
        seed: Integer in [0, 2**32 - 1], the range of NumPy.
        rank: Rank of this process. Rank 0 takes `seed` itself, another
            ``derive_seed(seed, "rank", rank)``.

    Returns:
        The seed that was applied.

    Raises:
        TypeError: `seed` or `rank` is no int (a bool is none).
        ValueError: `seed` or `rank` is out of range. No generator has changed then.

    Example:
        >>> seed_everything(42), seed_everything(42, rank=1)
        (42, 3065008069)
    """
    _check("seed", seed, 2**32)
    _check("rank", rank, 2**32)
    applied = derive_seed(seed, "rank", rank) if rank else seed
    random.seed(applied)
    if numpy is not None:
        numpy.random.seed(applied)
    torch.manual_seed(applied)
    return applied


def seed_worker(worker_id: int) -> None:
    """Re-seed the generators that a dataset holds, as ``worker_init_fn=seed_worker``.

    Torch seeds the global generators for each worker and epoch, but copies those that
    the dataset holds: all workers draw the same from them, in every epoch
    (https://github.com/pytorch/pytorch/issues/5059). Here each gets its own, which the
    loader's `generator` determines. Those of torch, NumPy and ``random`` are found in
    attributes, partials, closures, lists, tuples and dicts of up to 10,000 entries, at
    any depth; in sets, class attributes and variables of a module they are not.

    Args:
        worker_id: Number of the worker, which torch passes.

    Raises:
        RuntimeError: Called outside of a worker.

    Example:
        >>> from torch.utils.data import DataLoader
        >>> loader = DataLoader(range(4), num_workers=2, worker_init_fn=seed_worker)
    """
    info = get_worker_info()
    if info is None:
        raise RuntimeError("not in a worker: pass worker_init_fn=seed_worker")
    found, seen, count = [info.dataset], set(), 0
    for value in found:  # which grows, and keeps alive what it holds
        if id(value) in seen or isinstance(value, NOT_SEARCHED):
            continue
        seen.add(id(value))
        if isinstance(value, GENERATORS):
            # NumPy's have no method for it; __init__ works in place, spawn() included.
            name = "manual_seed" if isinstance(value, torch.Generator) else "seed"
            getattr(value, name, value.__init__)(derive_seed(info.seed, name, count))
            count += 1
        elif inspect.isfunction(value):
            found += value.__closure__ or ()
        elif not isinstance(value, (dict, list, tuple)) or len(value) <= 10_000:
            found += gc.get_referents(value)


class RNGState:
    """All generators as one object for checkpoints (torch's `Stateful` protocol).

    It holds nothing: ``state_dict()`` reads the generators, ``load_state_dict()`` sets
    them. Load it last: building a model or an iterator of a loader draws numbers.

    Args:
        device: Whether those of cuda, xpu and mps take part. Reading them starts CUDA.

    Example:
        >>> rng = RNGState()
        >>> state, drawn = rng.state_dict(), torch.rand(3)
        >>> rng.load_state_dict(state)
        >>> torch.equal(torch.rand(3), drawn)
        True
    """

    def __init__(self, device: bool = True) -> None:
        self.device = device

    def _modules(self) -> dict[str, Any]:
        modules = {name: getattr(torch, name) for name in DEVICES if self.device}
        return {
            name: module
            for name, module in modules.items()
            if not module._is_in_bad_fork()  # in a forked worker devices are no use
            and getattr(module, "is_available", module.device_count)()
        }

    def state_dict(self) -> dict[str, Any]:
        """Read all generators.

        Returns:
            ``"python"``, ``"torch"``, ``"numpy"`` and one list for a type of device:
            plain types and uint8 tensors on the CPU, as ``weights_only=True`` takes.
        """
        state = {"python": random.getstate(), "torch": torch.get_rng_state()}
        if numpy is not None:
            kind, key, *rest = numpy.random.get_state()
            state["numpy"] = (kind, key.tolist(), *rest)
        for name, module in self._modules().items():
            every = getattr(module, "get_rng_state_all", None)  # mps is one device
            state[name] = every() if every else [module.get_rng_state()]
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all generators to what ``state_dict()`` returned.

        Args:
            state: The state; its tensors may be on any device.

        Raises:
            RuntimeError: A part is missing, unknown or damaged, the number of devices
                is another, or NumPy is missing. No generator has changed then.
        """
        if (
            not {"python", "torch"}
            <= set(state)
            <= {"python", "torch", "numpy", *DEVICES}
        ):
            raise RuntimeError(f"not a state_dict() of RNGState, keys: {list(state)}")
        modules, before = self._modules(), self.state_dict()
        saved = {name: len(state[name]) for name in DEVICES if name in state}
        here = {name: module.device_count() for name, module in modules.items()}
        if self.device and saved != here:
            hint = "resume on as many, or leave them out by RNGState(device=False)"
            raise RuntimeError(f"RNG state of devices {saved}, here are {here}: {hint}")
        try:
            random.setstate(state["python"])
            if "numpy" in state:
                if numpy is None:
                    raise ImportError("install NumPy, or del state['numpy']")
                numpy.random.set_state(state["numpy"])
            torch.set_rng_state(state["torch"].cpu())
            for name, module in modules.items():
                tensors = [tensor.cpu() for tensor in state[name]]
                every = getattr(module, "set_rng_state_all", None)
                every(tensors) if every else module.set_rng_state(*tensors)
        except Exception as error:
            self.load_state_dict(before)
            raise RuntimeError(f"no RNG was changed, bad state: {error}") from error


class isolate_rng(contextlib.ContextDecorator):
    """Leave all generators as they were, whatever the block or function does.

    Args:
        seed: For `seed_everything` at the start; None goes on from the current state.
        device: Whether those of devices take part, as in `RNGState`.

    Raises:
        TypeError: `seed` is no int, or the function is a generator or coroutine.
        ValueError: `seed` is not in [0, 2**32 - 1].

    Example:
        >>> with isolate_rng(0):
        ...     drawn = torch.rand(2)
        >>> torch.equal(isolate_rng(0)(torch.rand)(2), drawn)
        True
    """

    def __init__(self, seed: int | None = None, *, device: bool = True) -> None:
        self._seed, self._rng = seed, RNGState(device)
        self._saved: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        self._saved.append(self._rng.state_dict())
        if self._seed is not None:
            seed_everything(self._seed)

    def __exit__(self, *error: object) -> None:
        self._rng.load_state_dict(self._saved.pop())

    def __call__(self, function: F) -> F:
        """Isolate each call of a function."""
        if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(
            function
        ):
            raise TypeError("its body runs after the call: use `with` in the body")
        return super().__call__(function)


class deterministic:
    """Ask torch for deterministic algorithms, from now on or for a ``with`` block.

    As https://docs.pytorch.org/docs/stable/notes/randomness.html has it, this turns
    `torch.use_deterministic_algorithms` on and ``cudnn.benchmark`` off, and sets
    ``CUBLAS_WORKSPACE_CONFIG``, which cuBLAS reads when CUDA starts, unless it is set.
    The end of a block puts all back, but the variable stays once CUDA has started.

    Args:
        warn_only: Warn instead of raising where there is no deterministic algorithm.

    Raises:
        RuntimeError: CUDA has started without the variable, or it is set to neither
            ``:4096:8`` nor ``:16:8``. Nothing has changed then.

    Example:
        >>> with deterministic():
        ...     torch.are_deterministic_algorithms_enabled()
        True
    """

    def __init__(self, warn_only: bool = False) -> None:
        self._warn_only = warn_only
        self._before: Any = None
        self.__enter__()

    def __enter__(self) -> "deterministic":
        if self._before is None:
            value = os.environ.get(CUBLAS)
            late = value is None and torch.cuda.is_initialized()
            if late or value not in (None, ":4096:8", ":16:8"):
                raise RuntimeError(f"{CUBLAS}={value}: set :4096:8 before CUDA starts")
            mode = torch.get_deterministic_debug_mode()  # 0 off, 1 warn, 2 raise
            self._before = mode, torch.backends.cudnn.benchmark, value
            os.environ[CUBLAS] = value or ":4096:8"
            torch.use_deterministic_algorithms(True, warn_only=self._warn_only)
            torch.backends.cudnn.benchmark = False
        return self

    def __exit__(self, *error: object) -> None:
        (mode, benchmark, value), self._before = self._before, None
        torch.use_deterministic_algorithms(mode > 0, warn_only=mode == 1)
        torch.backends.cudnn.benchmark = benchmark
        if value is None and not torch.cuda.is_initialized():
            os.environ.pop(CUBLAS, None)
