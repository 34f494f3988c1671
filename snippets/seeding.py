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
import os
import random
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
_LEAVES = (
    torch.Tensor,
    types.ModuleType,
    types.CodeType,
    types.FrameType,
    logging.Logger,
)
_CONTAINERS: tuple[Any, ...] = (dict, list, tuple, set, frozenset, collections.deque)
_GENERATORS: tuple[Any, ...] = (torch.Generator, random.Random)
_DRAWING: tuple[Any, ...] = ()  # from a bit generator, which they can share
if numpy is not None:
    _CONTAINERS += (numpy.ndarray,)
    _DRAWING = (numpy.random.Generator, numpy.random.RandomState)
    _GENERATORS += (numpy.random.BitGenerator, numpy.random.SeedSequence, *_DRAWING)
_LIBRARIES = {"torch", "numpy", *sys.stdlib_module_names}

Held = Iterator[tuple[str, Any]]  # objects, each with a label for its place


def _is_library(module: object) -> bool:
    """Return whether a module is torch, NumPy, Python's own, or a part of them."""
    return str(module).partition(".")[0] in _LIBRARIES


def _first(entries: Iterable[Any], size: int, whole: bool) -> Iterator[Any]:
    """Return the first entries of a long container, or all of a short one."""
    return itertools.islice(entries, size if whole or size <= _SHORT else _FIRST)


def _entries(container: Any, base: Any, whole: bool) -> Held:
    """Yield the entries of a container, which is an instance of `base`."""
    # The methods of a subclass may read files: call those of the base.
    if base is dict:
        items = dict.items(container)
        for key, entry in _first(items, len(items), whole):
            yield f"[{key!r}]" if type(key) in _ATOMS else "[...]", entry
            yield ".keys()", key
    elif base in _CONTAINERS[:6]:
        entries = _first(base.__iter__(container), base.__len__(container), whole)
        yield from ((f"[{index}]", entry) for index, entry in enumerate(entries))
    elif container.dtype.hasobject:
        flat = container.view(base).flat
        for index, entry in enumerate(_first(flat, len(flat), whole)):
            is_record = issubclass(type(entry), numpy.void)
            yield f".flat[{index}]", tuple(entry) if is_record else entry


def _attributes(value: Any, whole: bool) -> Held:
    """Yield the attributes of an object, and its class, without calling a property."""
    with contextlib.suppress(Exception):  # a stand-in for an object can raise anything
        fields = object.__getattribute__(value, "__dict__")
        for name, held in _first(fields.items(), len(fields), whole):
            yield f".{name}", held
    yield "", type(value)


def _names(code: types.CodeType) -> Iterator[str]:
    """Yield the names of variables and attributes in code, and in lambdas within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _variables(function: types.FunctionType) -> Held:
    """Yield the global variables that a function names, also as ``module.name``."""
    variables = function.__globals__
    is_installed = "-packages" in str(variables.get("__file__"))
    if is_installed or _is_library(function.__module__):
        return  # such code names half of its package
    names = dict.fromkeys(_names(function.__code__))  # in order, without duplicates
    for name in names:
        value = variables.get(name)
        yield f".{name}", value
        inner = vars(value) if issubclass(type(value), types.ModuleType) else {}
        if not _is_library(inner.get("__name__")):
            yield from ((f".{name}.{it}", inner[it]) for it in names if it in inner)


def _held(value: Any, whole: bool) -> Held:
    """Yield what an object holds; of long containers the first entries, or all."""
    kind = type(value)  # isinstance() could load what a stand-in represents
    base: Any = kind
    if kind not in _CONTAINERS:
        base = next((it for it in _CONTAINERS if issubclass(kind, it)), None)
    if issubclass(kind, type):
        if not _is_library(value.__module__):
            yield from ((f".{name}", held) for name, held in vars(value).items())
            yield from (("", parent) for parent in value.__bases__)
        return
    if kind is not base:
        yield from _attributes(value, whole)
    if base is not None:
        yield from _entries(value, base, whole)
    elif issubclass(kind, types.FunctionType):
        yield ".__defaults__", value.__defaults__
        yield ".__kwdefaults__", value.__kwdefaults__
        yield ".__closure__", value.__closure__
        yield from _variables(value)
    elif issubclass(kind, types.GeneratorType) and value.gi_frame:
        yield ".gi_frame.f_locals", value.gi_frame.f_locals
    else:  # what slots, partials, bound methods, cells, iterators and so on refer to
        yield from ((f".<{type(it).__name__}>", it) for it in gc.get_referents(value))


class _Place(NamedTuple):
    """An object that the search has reached, and the place of what holds it."""

    label: str
    value: Any
    holder: "_Place | None" = None

    def way(self) -> Iterator["_Place"]:
        """Yield this place and its holders, the dataset last."""
        place: _Place | None = self
        while place:
            yield place
            place = place.holder

    def path(self) -> str:
        """Write the way to it as code does, such as ``dataset.transforms[0].rng``."""
        return "".join(reversed([place.label for place in self.way()]))


class _Search:
    """Find the generators that some objects hold, the nearest first.

    Attributes:
        found: The places of generators.
        missed: The place of the first object that was not searched, or None.
    """

    def __init__(self, roots: list[tuple[str, Any]]) -> None:
        self.found: list[_Place] = []
        self.missed: _Place | None = None
        # Torch has seeded the global ones. Values stay alive, so that ids are unique.
        known = [torch.default_generator, vars(random)["_inst"]]
        if numpy is not None:
            legacy = numpy.random.rand.__self__
            known += [legacy, legacy._bit_generator]
        self._seen = {id(value): value for value in known}
        self._most = _MOST + 10 * len(roots)  # a generator holds a few others
        self._widened: set[int] = set()
        self._queue: collections.deque[_Place] = collections.deque()
        for label, value in roots:
            self._add(_Place(label, value))
        while self._queue:
            place = self._queue.popleft()
            self._add_held(place)
            if issubclass(type(place.value), _GENERATORS):
                self.found.append(place)
                self._widen(place)

    def _add(self, place: _Place) -> None:
        """Put an object into the queue, unless it is known or holds nothing."""
        kind = type(place.value)
        if issubclass(kind, _LEAVES) or id(place.value) in self._seen:
            return
        if len(self._seen) >= self._most:
            self.missed = self.missed or place
            return
        self._seen[id(place.value)] = place.value
        if issubclass(kind, (type, types.FunctionType)):
            self._queue.appendleft(place)  # code first: it is short, data may be long
        else:
            self._queue.append(place)

    def _add_held(self, place: _Place, whole: bool = False) -> None:
        """Put what an object holds into the queue."""
        for label, value in _held(place.value, whole):
            if whole:
                self._most += 10  # for the entry, its generator and what is between
            if type(value) not in _ATOMS:
                self._add(_Place(label, value, place))
            if self.missed:
                break

    def _widen(self, found: _Place) -> None:
        """Search all of the long containers on the way to a generator."""
        for place in found.way():
            if id(place.value) in self._widened:
                return
            self._widened.add(id(place.value))
            self._add_held(place, whole=True)


def _collate_fn() -> Any:
    """Return the loader's `collate_fn`, which only the frame of the worker shows."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_name == "_worker_loop" and "collate_fn" in frame.f_locals:
            return frame.f_locals["collate_fn"]
        frame = frame.f_back
    return None


def _reseed(generator: Any, seed: int) -> None:
    """Seed one generator in place."""
    if isinstance(generator, torch.Generator):
        generator.manual_seed(seed)
    elif isinstance(generator, random.Random):
        generator.seed(seed)
    else:
        # NumPy has no method for all, but the __init__ of its own class, in C, works in
        # place. It also seeds what spawn() makes. A generator is initialized with the
        # bit generator that it has, to drop a normal number kept in reserve.
        mro = [vars(base).get("__init__") for base in type(generator).__mro__]
        init = next(it for it in mro if it and not inspect.isfunction(it))
        is_drawing = isinstance(generator, _DRAWING)
        init(generator, generator._bit_generator if is_drawing else seed)


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
    roots = [(f"generators[{i}]", value) for i, value in enumerate(generators or ())]
    collate_fn = _collate_fn()
    roots += [("dataset", info.dataset), ("collate_fn", collate_fn)]
    search = _Search(roots)
    # A bit generator comes before what draws from it.
    ordered = sorted(search.found, key=lambda it: isinstance(it.value, _DRAWING))
    for number, place in enumerate(ordered):
        try:
            _reseed(place.value, derive_seed(info.seed, "generator", number))
        except Exception as error:
            raise RuntimeError(f"cannot seed {place.path()}: {error}") from error
    missed = [] if search.missed is None else [search.missed.path()]
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
