"""Seed all random number generators, save and restore them, keep a block from them.

Equal seeds give equal numbers on one device and one torch release. Across devices and
releases nothing is promised. The hashes of strings are not covered: Python reads
``PYTHONHASHSEED`` once, when it starts.
"""

import collections
import contextlib
import functools
import gc
import hashlib
import importlib
import inspect
import itertools
import logging
import numbers
import operator
import os
import random
import reprlib
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, cast

import torch
from torch.utils.data import get_worker_info

__all__ = [
    "RNGState",
    "derive_seed",
    "deterministic",
    "isolate_rng",
    "seed_everything",
    "seed_worker",
]

F = TypeVar("F", bound=Callable[..., Any])

numpy: Any = None
with contextlib.suppress(ImportError):
    numpy = importlib.import_module("numpy")


# Seeds

# What mpirun and srun set where torchrun does not: accelerate reads the first three,
# Lightning the last, which Slurm also sets for a program that starts its own ranks.
_RANK_VARIABLES = (
    "RANK",
    "PMI_RANK",
    "OMPI_COMM_WORLD_RANK",
    "MV2_COMM_WORLD_RANK",
    "SLURM_PROCID",
)


def _integer(name: str, value: object, below: int) -> int:
    """Return `value` as an int; NumPy's integers are fine, bools and floats are not."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an int, got {value!r}: pass int(...)")
    number = int(value)
    if not 0 <= number < below:
        raise ValueError(f"{name} must be in [0, {below - 1}], got {number}")
    return number


def _key(value: object) -> int | str:
    """Return a key of `derive_seed` as an exact int or str."""
    if isinstance(value, str):
        return str.__str__(value)  # not the name of a member of an Enum
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    raise TypeError(f"keys must be int or str, got {value!r}: pass str(...)")


def _find_rank() -> int:
    """Return the rank that the process group or the launcher gave this process."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank()
    for name in _RANK_VARIABLES:
        value = os.environ.get(name, "")
        if value.isdecimal():
            return int(value)
        if value:
            raise ValueError(f"{name} must be a rank, got {value!r}: pass rank=...")
    return 0


def derive_seed(seed: int, *keys: int | str) -> int:
    """Make a seed for one purpose from a seed and keys that name the purpose.

    Args:
        seed: Integer in [0, 2**64 - 1].
        *keys: Integers and strings. Their order counts.

    Returns:
        Integer in [0, 2**32 - 1], the BLAKE2b hash (RFC 7693) of the arguments. Sums
        such as ``seed + rank`` collide: run 0 on rank 1 gets the seed of run 1 on
        rank 0. Hashes don't.

    Raises:
        TypeError: If `seed` is not an int (a bool is not), or a key is neither an int
            nor a str.
        ValueError: If `seed` is out of range.

    Example:
        >>> derive_seed(0, "worker", 3), derive_seed(0, "worker", 4)
        (290874954, 2777990286)
    """
    parts = (_integer("seed", seed, 2**64), *map(_key, keys))
    text = ascii(parts).encode()  # unambiguous, and the same on every Python
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big")


def seed_everything(seed: int, *, rank: int | None = None) -> int:
    """Seed ``random``, NumPy's global generator and torch on all devices.

    Each rank of a distributed run draws different numbers. Pass ``rank=0`` where all
    ranks need the same ones, for example to split a dataset.

    Args:
        seed: Integer in [0, 2**32 - 1], the range of NumPy.
        rank: Rank of this process. By default, the rank in the process group, else
            in the variables that launchers set: ``RANK`` (torchrun), ``PMI_RANK``,
            ``OMPI_COMM_WORLD_RANK`` and ``MV2_COMM_WORLD_RANK`` (MPI),
            ``SLURM_PROCID`` (srun), else 0. Rank 0 uses `seed`, other ranks use
            ``derive_seed(seed, "rank", rank)``.

    Returns:
        The seed that was applied.

    Raises:
        TypeError: If `seed` or `rank` is not an int (a bool is not).
        ValueError: If `seed`, `rank` or a variable is out of range. After an error all
            generators are as before.

    Example:
        >>> seed_everything(42, rank=0), seed_everything(42, rank=1)
        (42, 3065008069)
    """
    seed = _integer("seed", seed, 2**32)
    rank = _find_rank() if rank is None else _integer("rank", rank, 2**32)
    applied = derive_seed(seed, "rank", rank) if rank else seed
    random.seed(applied)
    if numpy is not None:
        numpy.random.seed(applied)
    torch.manual_seed(applied)
    return applied


# Generators in workers

_SHORT = 200  # entries; of a longer container only the first are searched
_FIRST = 10
_MOST = 3_000  # objects that a search visits

_ATOMS = {type(None), bool, int, float, complex, str, bytes, bytearray, range}
# These lead too far away from a dataset, or hold no generator.
_LEAVES = (torch.Tensor, types.ModuleType, types.FrameType, logging.Logger)
_CONTAINERS: tuple[Any, ...] = (list, tuple, set, frozenset, collections.deque)
# Not NumPy's Generator: the search finds the bit generator that it draws from.
_GENERATORS: tuple[Any, ...] = (torch.Generator, random.Random)
_SOON: tuple[Any, ...] = (type, types.FunctionType)  # before data, which may be long
_GLOBAL = [torch.default_generator, vars(random)["_inst"]]  # torch seeds them
if numpy is not None:
    _legacy = numpy.random.rand.__self__
    _GLOBAL += [_legacy, _legacy._bit_generator]
    _GENERATORS += (
        numpy.random.BitGenerator,
        numpy.random.SeedSequence,
        numpy.random.RandomState,
    )
    _SOON += (numpy.random.Generator,)
_SOON += _GENERATORS
_LIBRARIES = {"torch", "numpy", *sys.stdlib_module_names}


def _is_library(module: object) -> bool:
    """Return whether a module is torch, NumPy, Python's own, or a part of them."""
    return str(module).partition(".")[0] in _LIBRARIES


def _attributes(value: Any) -> dict[str, Any]:
    """Return the attributes of an object, without calling a property."""
    if type(value).__dictoffset__:  # it has a place for them
        with contextlib.suppress(Exception):  # a stand-in can raise anything
            return cast(dict[str, Any], object.__getattribute__(value, "__dict__"))
    return {}


def _names(code: types.CodeType) -> Iterator[str]:
    """Yield the names of variables and attributes in code, and in lambdas within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _variables(function: types.FunctionType) -> dict[str, Any]:
    """Return the global variables that a function names, also as ``module.name``."""
    variables = function.__globals__
    is_installed = "-packages" in str(variables.get("__file__"))
    if is_installed or _is_library(function.__module__):
        return {}  # such code names half of its package
    found: dict[str, Any] = {}
    names = list(_names(function.__code__))
    for name in names:
        found[name] = value = variables.get(name)
        inner = vars(value) if issubclass(type(value), types.ModuleType) else {}
        if not _is_library(inner.get("__name__")):
            found |= {f"{name}.{it}": inner[it] for it in names if it in inner}
    return found


def _first(entries: Iterable[Any], whole: bool) -> Iterator[Any]:
    """Return the first entries of a long container, or all of a short one."""
    is_short = operator.length_hint(entries) <= _SHORT
    return itertools.islice(entries, None if whole or is_short else _FIRST)


def _contents(value: Any, whole: bool) -> list[Any]:
    """List what an object holds; of long containers the first entries, or all."""
    kind = type(value)  # isinstance() could load what a stand-in represents
    if issubclass(kind, type):
        is_library = _is_library(value.__module__)
        return [] if is_library else [*vars(value).values(), *value.__bases__]
    sources: list[Iterable[Any]] = [_attributes(value).values()]
    # The methods of a subclass may read files: call those of the container.
    container: Any = next((it for it in kind.__mro__ if it in _CONTAINERS), None)
    if container:
        sources.append(container.__iter__(value))
    elif issubclass(kind, dict):
        sources += [dict.values(value), dict.keys(value)]
    elif issubclass(kind, types.FunctionType):
        sources.append([value.__defaults__, value.__kwdefaults__, value.__closure__])
        sources.append(_variables(value).values())
    elif issubclass(kind, types.GeneratorType):
        sources.append(inspect.getgeneratorlocals(value).values())
    elif numpy is not None and issubclass(kind, numpy.ndarray):
        array = numpy.asarray(value)
        sources.append(array.flat if array.dtype.hasobject else ())
    elif numpy is not None and issubclass(kind, numpy.void):  # a record in an array
        sources.append(value.item())
    else:  # what slots, partials, bound methods, cells, iterators and so on refer to
        sources.append(gc.get_referents(value))
    return [kind, *itertools.chain(*(_first(source, whole) for source in sources))]


class _Place(NamedTuple):
    """An object that the search has reached, and the place of what holds it."""

    value: Any
    holder: "_Place | None"


def _search(**roots: Any) -> tuple[list[_Place], _Place | None]:
    """Find the generators that objects hold, the nearest first.

    Returns:
        Their places, and the place of the first object that was not searched, if any.
    """
    seen = {id(value): value for value in _GLOBAL}
    most = _MOST
    # Each object to search, and whether to search all of it, however long it is.
    queue = collections.deque([(_Place(types.SimpleNamespace(**roots), None), True)])
    searched_whole: set[int] = set()
    found: list[_Place] = []
    missed: _Place | None = None
    while queue:
        place, whole = queue.popleft()
        for value in _contents(place.value, whole):
            kind = type(value)
            if kind in _ATOMS or issubclass(kind, _LEAVES) or id(value) in seen:
                continue
            if whole:
                most += 10  # it may lead to a generator, which holds others
            if len(seen) >= most:
                missed = missed or _Place(value, place)
                break
            seen[id(value)] = value  # and stays alive, so that ids are unique
            add = queue.appendleft if issubclass(kind, _SOON) else queue.append
            add((_Place(value, place), False))
        if issubclass(type(place.value), _GENERATORS) and not whole:
            found.append(place)
            # Where the first entries hold a generator, the others may, too.
            holder: _Place | None = place
            while holder and id(holder.value) not in searched_whole:
                searched_whole.add(id(holder.value))
                queue.append((holder, True))
                holder = holder.holder
    return found, missed


def _label(holder: Any, value: Any) -> str:
    """Write how code gets from an object to what it holds: ``.rng`` or ``[0]``."""
    kind = type(holder)
    labels: Iterable[tuple[str, Any]]
    if issubclass(type(value), type):
        return ""  # a class is named as its instance
    if issubclass(kind, (list, tuple)):
        entries = list.__iter__ if issubclass(kind, list) else tuple.__iter__
        labels = ((f"[{index}]", it) for index, it in enumerate(entries(holder)))
    elif issubclass(kind, dict):
        labels = ((f"[{reprlib.repr(key)}]", it) for key, it in dict.items(holder))
    else:
        is_function = issubclass(kind, types.FunctionType)
        named = _variables(holder) if is_function else _attributes(holder)
        labels = ((f".{name}", it) for name, it in named.items())
    found = (label for label, it in labels if it is value)
    return next(found, f".<{type(value).__name__}>")


def _path(place: _Place) -> str:
    """Write the way to an object as code does: ``dataset.transforms[0].rng``."""
    labels = []
    while place.holder:
        labels.append(_label(place.holder.value, place.value))
        place = place.holder
    return "".join(reversed(labels)).removeprefix(".")


def _collate_fn() -> Any:
    """Return the loader's `collate_fn`, which only the frame of the worker shows."""
    frame = inspect.currentframe()
    while frame and frame.f_code.co_name != "_worker_loop":
        frame = frame.f_back
    return frame.f_locals.get("collate_fn") if frame else None


def _reseed(generator: Any, seed: int) -> None:
    """Seed one generator in place."""
    if isinstance(generator, torch.Generator):
        generator.manual_seed(seed)
    elif isinstance(generator, random.Random):
        generator.seed(seed)
    else:
        # The __init__ of NumPy's own class, in C, works in place for all kinds. It also
        # seeds what spawn() makes. A RandomState gets the bit generator that it has,
        # and drops the normal number that it keeps in reserve.
        mro = [vars(base).get("__init__") for base in type(generator).__mro__]
        init = next(it for it in mro if it and not inspect.isfunction(it))
        init(generator, getattr(generator, "_bit_generator", seed))


def seed_worker(worker_id: int, *, generators: Iterable[Any] | None = None) -> None:
    """Reseed the generators that a dataset holds, as ``worker_init_fn=seed_worker``.

    Torch seeds the global generators for each worker and epoch, but copies all others:
    every worker draws the same numbers from them, in every epoch
    (https://github.com/pytorch/pytorch/issues/5059). This function gives each a
    different seed, which the loader's `generator` determines. It seeds generators of
    torch, NumPy (bit generators and seed sequences too) and ``random``.

    It searches the dataset and `collate_fn`: attributes, class attributes, containers,
    partials, closures, default arguments, and the global variables that your functions
    name, also as ``module.name``. Of a container with more than 200 entries it searches
    the first ten, and the others if it finds a generator in these. After 3,000 objects
    it stops and warns which one it did not search.

    It does not search variables of installed packages, and can't find a generator
    that is made later, from a fixed seed. Samplers run in the main process, where
    nothing is copied. Make a generator that has to agree in all workers, for example
    to divide files among them, in ``__iter__``.

    Args:
        worker_id: Number of the worker, which torch passes.
        generators: Generators that the search does not find, or objects that hold them:
            ``worker_init_fn=functools.partial(seed_worker, generators=...)``. If you
            pass them, even as an empty list, nothing warns.

    Raises:
        RuntimeError: If it is called outside of a worker, or a generator cannot be
            seeded.

    Example:
        >>> from torch.utils.data import DataLoader
        >>> loader = DataLoader(range(4), num_workers=2, worker_init_fn=seed_worker)
    """
    info = get_worker_info()
    if info is None:
        raise RuntimeError("not in a worker: pass worker_init_fn=seed_worker")
    collate_fn = _collate_fn()
    given = {f"generators[{i}]": value for i, value in enumerate(generators or ())}
    found, first_missed = _search(**given, dataset=info.dataset, collate_fn=collate_fn)
    for number, place in enumerate(found):
        try:
            _reseed(place.value, derive_seed(info.seed, "generator", number))
        except Exception as error:
            raise RuntimeError(f"cannot seed {_path(place)}: {error}") from error
    missed = [_path(first_missed)] if first_missed else []
    missed += ["collate_fn"] if collate_fn is None else []
    if missed and generators is None:
        warnings.warn(
            f"seed_worker did not search {' and '.join(missed)}: generators there or "
            "after it draw the same in all workers; pass worker_init_fn="
            "functools.partial(seed_worker, generators=[...])",
            stacklevel=2,
        )


# Snapshots

_DEVICES = ("cuda", "xpu", "mps")


class RNGState:
    """All global generators as one object for checkpoints (torch's `Stateful`).

    It stores nothing: ``state_dict()`` reads the generators of ``random``, NumPy and
    torch, ``load_state_dict()`` sets them. Load it last, because building a model or
    the iterator of a loader draws numbers. A generator that you made is not included.

    Workers draw the same numbers again if you saved between two epochs and workers
    start in each epoch (not with ``persistent_workers=True``). If you saved within an
    epoch, they draw other numbers after it is resumed. Seed each sample with
    ``derive_seed(seed, epoch, index)`` where that matters.

    Args:
        device: Whether to include cuda, xpu and mps. Reading them starts CUDA.

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
        """Return torch's module of each type of device that can be used here."""
        modules = {}
        for name in _DEVICES if self.device else ():
            module = getattr(torch, name)
            is_available = getattr(module, "is_available", module.device_count)
            # A forked worker cannot use a device that its parent has started.
            if not module._is_in_bad_fork() and is_available():
                modules[name] = module
        return modules

    def state_dict(self) -> dict[str, Any]:
        """Read all generators.

        Returns:
            ``"python"``, ``"torch"``, ``"numpy"`` and a list for each type of device.
            All are plain types and uint8 tensors on the CPU, which
            ``torch.load(weights_only=True)`` accepts.
        """
        state = {"python": random.getstate(), "torch": torch.get_rng_state()}
        if numpy is not None:
            kind, key, *rest = numpy.random.get_state()
            state["numpy"] = (kind, key.tolist(), *rest)
        for name, module in self._modules().items():
            if hasattr(module, "get_rng_state_all"):
                state[name] = module.get_rng_state_all()
            else:  # mps is one device
                state[name] = [module.get_rng_state()]
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all generators to what ``state_dict()`` returned.

        Args:
            state: The state. Its tensors may be on any device.

        Raises:
            RuntimeError: If a part is missing, unknown or damaged, the number of
                devices differs, or NumPy is missing. All generators are as before.
        """
        required = {"python", "torch"}
        if not required <= set(state) <= {*required, "numpy", *_DEVICES}:
            raise RuntimeError(f"not a state_dict() of RNGState, keys: {list(state)}")
        modules = self._modules()
        saved = {name: len(state[name]) for name in _DEVICES if name in state}
        here = {name: module.device_count() for name, module in modules.items()}
        if self.device and saved != here:
            raise RuntimeError(
                f"RNG state of devices {saved}, here are {here}: "
                "resume on as many, or leave them out with RNGState(device=False)"
            )
        before = self.state_dict()
        try:
            self._set(state, modules)
        except Exception as error:
            self._set(before, modules)
            raise RuntimeError(f"no RNG was changed, bad state: {error}") from error

    def _set(self, state: Mapping[str, Any], modules: dict[str, Any]) -> None:
        random.setstate(state["python"])
        if "numpy" in state:
            if numpy is None:
                raise ImportError("install NumPy, or del state['numpy']")
            numpy.random.set_state(state["numpy"])
        torch.set_rng_state(state["torch"].cpu())
        for name, module in modules.items():
            tensors = [tensor.cpu() for tensor in state[name]]
            if hasattr(module, "set_rng_state_all"):
                module.set_rng_state_all(tensors)
            else:
                module.set_rng_state(*tensors)


# Blocks

_CUDA: Any = torch.cuda
_CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
_RUNS_LATER = (
    inspect.isgeneratorfunction,
    inspect.iscoroutinefunction,
    inspect.isasyncgenfunction,
)
_BODIES = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
_LATER = "its body runs after the call: use `with` in the body, between its pauses"


class _Block:
    """A context manager that restores on exit what it changed, and a decorator."""

    def __init__(self) -> None:
        self._restores: list[Callable[[], None]] = []  # one object may nest in itself

    def _begin(self) -> Callable[[], None]:
        """Change the state, and return what restores it."""
        raise NotImplementedError

    def __enter__(self) -> None:
        self._restores.append(self._begin())

    def __exit__(self, *error: object) -> None:
        if not self._restores:
            raise RuntimeError(f"{type(self).__name__} ends, but did not begin")
        self._restores.pop()()

    def __call__(self, function: F) -> F:
        """Wrap a function so that each call is a block."""
        if not callable(function):
            raise TypeError(f"{function!r} is not callable: decorate the function")
        if any(runs_later(function) for runs_later in _RUNS_LATER):
            raise TypeError(_LATER)

        @functools.wraps(function)
        def block(*args: Any, **kwargs: Any) -> Any:
            with self:
                result = function(*args, **kwargs)
            if isinstance(result, types.CoroutineType):
                result.close()  # or Python warns that nothing awaits it
            if isinstance(result, _BODIES):  # as of an object with async __call__
                raise TypeError(_LATER)
            return result

        return cast(F, block)


class isolate_rng(_Block):
    """Leave all global generators as they were, whatever the block or function does.

    Args:
        seed: Seed for `seed_everything` at the start, which mixes in the rank. By
            default, the block continues from the current state.
        device: Whether to include devices, as in `RNGState`.

    Raises:
        TypeError: If `seed` is not an int, or the function that it decorates is a
            generator or coroutine function, whose body runs after the call.
        ValueError: If `seed` is not in [0, 2**32 - 1].

    Example:
        >>> with isolate_rng(0):
        ...     drawn = torch.rand(2)
        >>> torch.equal(isolate_rng(0)(torch.rand)(2), drawn)
        True
    """

    def __init__(self, seed: int | None = None, *, device: bool = True) -> None:
        super().__init__()
        self._seed = None if seed is None else _integer("seed", seed, 2**32)
        self._rng = RNGState(device)

    def _begin(self) -> Callable[[], None]:
        restore = functools.partial(self._rng.load_state_dict, self._rng.state_dict())
        if self._seed is not None:
            seed_everything(self._seed)
        return restore


class deterministic(_Block):
    """Make torch use deterministic algorithms in a ``with`` block or a function.

    As https://docs.pytorch.org/docs/stable/notes/randomness.html recommends, it turns
    `torch.use_deterministic_algorithms` on and ``cudnn.benchmark`` off. It also sets
    ``CUBLAS_WORKSPACE_CONFIG``, which cuBLAS reads when CUDA starts, unless it is set.
    The end of the block restores all, except for the variable once CUDA has started.
    ``deterministic().enable()`` does the same for the rest of the program.

    Args:
        warn_only: Warn where torch has no deterministic algorithm, instead of raising
            an error.

    Raises:
        RuntimeError: On entry, if CUDA has started without the variable, or its value
            is neither ``:4096:8`` nor ``:16:8``. All settings are as before.
        TypeError: If the function that it decorates is a generator or coroutine
            function, whose body runs after the call.

    Example:
        >>> with deterministic():
        ...     torch.are_deterministic_algorithms_enabled()
        True
    """

    def __init__(self, warn_only: bool = False) -> None:
        super().__init__()
        self._warn_only = warn_only

    def enable(self) -> None:
        """Turn it on without a block; it stays on.

        Raises:
            RuntimeError: As on entry.

        Example:
            >>> with deterministic():  # restores what enable() changes
            ...     deterministic(warn_only=True).enable()
            ...     torch.is_deterministic_algorithms_warn_only_enabled()
            True
        """
        self._begin()

    def _begin(self) -> Callable[[], None]:
        workspace = os.environ.get(_CUBLAS)
        is_late = workspace is None and _CUDA.is_initialized()
        if is_late or workspace not in (None, ":4096:8", ":16:8"):
            raise RuntimeError(
                f"{_CUBLAS} is {workspace}: set it to :4096:8 before CUDA starts"
            )
        benchmark = torch.backends.cudnn.benchmark
        mode = torch.get_deterministic_debug_mode()  # 0 off, 1 warn, 2 raise

        def restore() -> None:
            torch.use_deterministic_algorithms(mode > 0, warn_only=mode == 1)
            torch.backends.cudnn.benchmark = benchmark
            if workspace is None and not _CUDA.is_initialized():
                os.environ.pop(_CUBLAS, None)

        os.environ.setdefault(_CUBLAS, ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=self._warn_only)
        torch.backends.cudnn.benchmark = False
        return restore
