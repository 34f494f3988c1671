"""Seed, save and restore random number generators, and make torch deterministic.

Copy this file into your project. It needs only torch 2.4 or newer, and it also seeds
NumPy if NumPy is installed.

With the same seed, you get the same random numbers on the same device and torch
release. On a different device or release, you may get different numbers. These
functions don't affect the hashes of strings, because Python reads ``PYTHONHASHSEED``
only when it starts.
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

# Environment variables that contain the rank. torchrun sets the first one, MPI sets the
# next three, and Slurm sets SLURM_PROCID. That one is checked last, because Slurm also
# sets it for a program that starts its own ranks.
_RANK_VARIABLES = (
    "RANK",
    "PMI_RANK",
    "OMPI_COMM_WORLD_RANK",
    "MV2_COMM_WORLD_RANK",
    "SLURM_PROCID",
)


def _integer(name: str, value: object, below: int) -> int:
    """Return any integer, including one from NumPy, as an int, but reject a bool."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an int, got {value!r}: pass int(...)")
    number = int(value)
    if not 0 <= number < below:
        raise ValueError(f"{name} must be in [0, {below - 1}], got {number}")
    return number


def _key(value: object) -> int | str:
    """Return a key of `derive_seed` as a plain int or str, not a subclass."""
    if isinstance(value, str):
        return str.__str__(value)  # str() of an enum member would be its name
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    raise TypeError(f"keys must be int or str, got {value!r}: pass str(...)")


def _find_rank() -> int:
    """Return the rank of this process, from the process group or the environment."""
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
    """Compute a separate seed for each purpose, such as each worker or each sample.

    Use this instead of a sum such as ``seed + rank``. With a sum, rank 1 of a run with
    seed 0 gets the same seed as rank 0 of a run with seed 1. The result is the BLAKE2b
    hash (RFC 7693) of the arguments, so it is the same on every Python and torch
    release.

    Args:
        seed: Seed of the run, an integer in [0, 2**64 - 1].
        *keys: Integers and strings that name the purpose. Their order matters.

    Returns:
        Derived seed, an integer in [0, 2**32 - 1].

    Raises:
        TypeError: If `seed` is not an integer, or a key is neither an integer nor a
            string. A bool doesn't count as an integer.
        ValueError: If `seed` is out of range.

    Example:
        >>> derive_seed(0, "worker", 3), derive_seed(0, "worker", 4)
        (290874954, 2777990286)
    """
    parts = (_integer("seed", seed, 2**64), *map(_key, keys))
    # ascii() returns different strings for different keys, and the same string for the
    # same keys on every Python release.
    text = ascii(parts).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big")


def seed_everything(seed: int, *, rank: int | None = None) -> int:
    """Seed ``random``, NumPy's global generator and torch on all devices.

    In a distributed run, each rank draws different numbers. Rank 0 uses `seed` itself,
    and the others use ``derive_seed(seed, "rank", rank)``. If all ranks need the same
    numbers, for example to split a dataset, pass ``rank=0``.

    Args:
        seed: Integer in [0, 2**32 - 1], which is the range that NumPy accepts.
        rank: Rank of this process. By default, this is the rank in the process group.
            Without a process group, it comes from the launcher's environment variables:
            ``RANK`` (torchrun), ``PMI_RANK``, ``OMPI_COMM_WORLD_RANK`` or
            ``MV2_COMM_WORLD_RANK`` (MPI), or ``SLURM_PROCID`` (srun). If none of them
            is set, it is 0.

    Returns:
        Seed that this rank uses.

    Raises:
        TypeError: If `seed` or `rank` is not an integer. A bool doesn't count as an
            integer.
        ValueError: If `seed` or `rank` is out of range, or an environment variable
            doesn't contain a rank. In that case, no generator is changed.

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

# If a container has more than _SHORT entries, only the first _FIRST are searched,
# unless they contain a generator.
_SHORT = 200
_FIRST = 10
_MOST = 3_000  # objects that a search visits before it stops

# Types that can't contain a generator.
_ATOMS = {type(None), bool, int, float, complex, str, bytes, bytearray, range}
# Types that contain no generator, or that refer to objects unrelated to the dataset.
_LEAVES = (torch.Tensor, types.ModuleType, types.FrameType, logging.Logger)
_CONTAINERS: tuple[Any, ...] = (list, tuple, set, frozenset, collections.deque)
# NumPy's Generator is not here, because the search finds its bit generator.
_GENERATORS: tuple[Any, ...] = (torch.Generator, random.Random)
# Types to search before data, because data may have many entries.
_SOON: tuple[Any, ...] = (type, types.FunctionType)
# The global generators, which torch seeds in each worker.
_GLOBAL = [torch.default_generator, vars(random)["_inst"]]
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
    """Return whether a module belongs to torch, NumPy or the standard library."""
    return str(module).partition(".")[0] in _LIBRARIES


def _attributes(value: Any) -> dict[str, Any]:
    """Return the attributes of an object without calling a property."""
    if type(value).__dictoffset__:  # 0 if instances have no __dict__
        with contextlib.suppress(Exception):  # a proxy object may raise any error
            return cast(dict[str, Any], object.__getattribute__(value, "__dict__"))
    return {}


def _names(code: types.CodeType) -> Iterator[str]:
    """Yield the names of globals and attributes in code and its inner functions."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _variables(function: types.FunctionType) -> dict[str, Any]:
    """Return the global variables that a function uses.

    If the function uses a variable of an imported module, that variable is included
    under the key ``module.name``.
    """
    variables = function.__globals__
    is_installed = "-packages" in str(variables.get("__file__"))
    if is_installed or _is_library(function.__module__):
        return {}  # such code refers to large parts of its package
    found: dict[str, Any] = {}
    names = list(_names(function.__code__))
    for name in names:
        found[name] = value = variables.get(name)
        # If the variable is a module, find its variables that the function uses.
        inner = vars(value) if issubclass(type(value), types.ModuleType) else {}
        if not _is_library(inner.get("__name__")):
            found |= {f"{name}.{it}": inner[it] for it in names if it in inner}
    return found


def _first(entries: Iterable[Any], whole: bool) -> Iterator[Any]:
    """Return all entries, or only the first few of a long container if not `whole`."""
    is_short = operator.length_hint(entries) <= _SHORT
    return itertools.islice(entries, None if whole or is_short else _FIRST)


def _contents(value: Any, whole: bool) -> list[Any]:
    """List the objects to which an object refers.

    Unless `whole` is true, list only the first entries of a long container.
    """
    kind = type(value)  # isinstance() could make a proxy load the object it stands for
    if issubclass(kind, type):
        is_library = _is_library(value.__module__)
        return [] if is_library else [*vars(value).values(), *value.__bases__]
    sources: list[Iterable[Any]] = [_attributes(value).values()]
    # Call the container class's own methods, because a subclass's may read files.
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
    elif numpy is not None and issubclass(kind, numpy.void):  # a structured scalar
        sources.append(value.item())
    else:  # slots, partials, bound methods, cells, iterators and so on
        sources.append(gc.get_referents(value))
    return [kind, *itertools.chain(*(_first(source, whole) for source in sources))]


class _Place(NamedTuple):
    """An object that the search reached, and the place of the object that led to it."""

    value: Any
    holder: "_Place | None"


def _search(**roots: Any) -> tuple[list[_Place], _Place | None]:
    """Find the generators that can be reached from the given objects.

    Returns:
        Places of the generators, and the place of the first object that the search
        skipped because it had reached its limit, or None.
    """
    seen = {id(value): value for value in _GLOBAL}
    most = _MOST
    # Objects to search, and whether to search all entries even if there are many.
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
                most += 10  # each entry may have a generator, which has a few parts
            if len(seen) >= most:
                missed = missed or _Place(value, place)
                break
            seen[id(value)] = value  # keep it alive, so that its id isn't reused
            add = queue.appendleft if issubclass(kind, _SOON) else queue.append
            add((_Place(value, place), False))
        if issubclass(type(place.value), _GENERATORS) and not whole:
            found.append(place)
            # If the first entries of a container have a generator, others may have one
            # too, so search all entries of each container on the way to this generator.
            holder: _Place | None = place
            while holder and id(holder.value) not in searched_whole:
                searched_whole.add(id(holder.value))
                queue.append((holder, True))
                holder = holder.holder
    return found, missed


def _label(holder: Any, value: Any) -> str:
    """Return the code for one step between objects, such as ``.rng`` or ``[0]``."""
    kind = type(holder)
    labels: Iterable[tuple[str, Any]]
    if issubclass(type(value), type):
        return ""  # show class attributes as if they were the instance's
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
    """Return the code that leads to an object, such as ``dataset.items[0].rng``."""
    labels = []
    while place.holder:
        labels.append(_label(place.holder.value, place.value))
        place = place.holder
    return "".join(reversed(labels)).removeprefix(".")


def _collate_fn() -> Any:
    """Return the loader's `collate_fn`, a local variable of torch's worker loop."""
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
        # Call the __init__ of NumPy's own class. It is the first __init__ in the MRO
        # that isn't written in Python. It seeds a bit generator or a seed sequence in
        # place, so what spawn() creates from it gets new seeds too. Pass a RandomState
        # its own bit generator, to discard the normal number that it has cached.
        mro = [vars(base).get("__init__") for base in type(generator).__mro__]
        init = next(it for it in mro if it and not inspect.isfunction(it))
        init(generator, getattr(generator, "_bit_generator", seed))


def seed_worker(worker_id: int, *, generators: Iterable[Any] | None = None) -> None:
    """Seed the dataset's own generators in each worker of a ``DataLoader``.

    Pass it to the loader as ``worker_init_fn=seed_worker``. In each worker and epoch,
    torch seeds only the global generators. Each worker gets a copy of your dataset's
    own generators, so every worker draws the same numbers from them in every epoch
    (https://github.com/pytorch/pytorch/issues/5059). `seed_worker` gives each generator
    a different seed, which depends on the loader's `generator`. It seeds generators
    from torch, NumPy (including bit generators and seed sequences) and ``random``.

    `seed_worker` searches the dataset and `collate_fn` for generators. It looks in
    attributes, class attributes, containers, partials, closures, default arguments and
    the global variables that your functions use, including variables of imported
    modules (``module.name``). If a container has more than 200 entries, it searches the
    first ten, and the rest only if it finds a generator there. After 3,000 objects, it
    stops and warns you where it stopped.

    It doesn't search the global variables that functions in installed packages use. It
    can't find a generator that your code creates later from a fixed seed. Samplers
    don't need `seed_worker`, because they run in the main process. If a generator must
    draw the same numbers in all workers, for example to divide files among them, create
    it in ``__iter__``.

    Args:
        worker_id: Number of the worker. torch passes it.
        generators: Generators that the search doesn't find, or objects that contain
            such generators. To pass them, use
            ``worker_init_fn=functools.partial(seed_worker, generators=[...])``. If you
            pass a list, even an empty one, you get no warning.

    Raises:
        RuntimeError: If you call it outside of a worker, or a generator can't be
            seeded.

    Example:
        >>> from torch.utils.data import DataLoader
        >>> loader = DataLoader(range(4), num_workers=2, worker_init_fn=seed_worker)
    """
    info = get_worker_info()
    if info is None:
        raise RuntimeError(
            "seed_worker must run in a worker: pass worker_init_fn=seed_worker to the "
            "DataLoader"
        )
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
            f"seed_worker did not search {' and '.join(missed)}: generators there, or "
            "in what comes after it, draw the same numbers in all workers: pass "
            "worker_init_fn=functools.partial(seed_worker, generators=[...])",
            stacklevel=2,
        )


# Saving and restoring

_DEVICES = ("cuda", "xpu", "mps")


class RNGState:
    """Save and restore the states of the global random number generators.

    ``state_dict()`` reads the states of the generators in ``random``, NumPy and torch,
    and ``load_state_dict()`` sets them. The object itself stores nothing. It follows
    torch's `Stateful` protocol, so you can pass it to ``torch.distributed.checkpoint``.
    Generators that you created are not included.

    When you resume, load this state last, because creating a model or iterating over a
    loader also draws random numbers. Workers draw the same numbers as in the original
    run if you saved between two epochs. This doesn't work with
    ``persistent_workers=True``. If you saved in the middle of an epoch, the workers
    draw different numbers. To avoid that, seed each sample with
    ``derive_seed(seed, epoch, index)``.

    Args:
        device: Whether to include the generators of cuda, xpu and mps devices. Reading
            them initializes CUDA.

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
        """Return torch's modules for the available device types, by name."""
        modules = {}
        for name in _DEVICES if self.device else ():
            module = getattr(torch, name)
            is_available = getattr(module, "is_available", module.device_count)
            # A forked process can't use a device that its parent has initialized.
            if not module._is_in_bad_fork() and is_available():
                modules[name] = module
        return modules

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all global generators.

        Returns:
            Dict with the keys ``"python"``, ``"torch"``, ``"numpy"`` if NumPy is
            installed, and the name of each device type. The value for a device type is
            a list with one state per device. The states consist of plain Python values
            and uint8 CPU tensors, which ``torch.load(weights_only=True)`` accepts.
        """
        state = {"python": random.getstate(), "torch": torch.get_rng_state()}
        if numpy is not None:
            kind, key, *rest = numpy.random.get_state()
            state["numpy"] = (kind, key.tolist(), *rest)
        for name, module in self._modules().items():
            if hasattr(module, "get_rng_state_all"):
                state[name] = module.get_rng_state_all()
            else:  # there is only one mps device
                state[name] = [module.get_rng_state()]
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all global generators to a saved state.

        Args:
            state: State that ``state_dict()`` returned. Its tensors can be on any
                device.

        Raises:
            RuntimeError: If a part of the state is missing, unknown or damaged, if the
                number of devices differs, or if the state has a NumPy part but NumPy
                isn't installed. In that case, no generator is changed.
        """
        required = {"python", "torch"}
        if not required <= set(state) <= {*required, "numpy", *_DEVICES}:
            raise RuntimeError(
                f"expected a state_dict() of RNGState, got the keys {list(state)}"
            )
        modules = self._modules()
        saved = {name: len(state[name]) for name in _DEVICES if name in state}
        here = {name: module.device_count() for name, module in modules.items()}
        if self.device and saved != here:
            raise RuntimeError(
                f"the state has the devices {saved}, but this process has {here}: "
                "resume with the same number of devices, or leave them out with "
                "RNGState(device=False)"
            )
        before = self.state_dict()
        try:
            self._set(state, modules)
        except Exception as error:
            self._set(before, modules)
            raise RuntimeError(
                f"the state can't be loaded, so no generator was changed: {error}"
            ) from error

    def _set(self, state: Mapping[str, Any], modules: dict[str, Any]) -> None:
        """Set all generators, but don't restore the others if one of them fails."""
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


# Context managers

_CUDA: Any = torch.cuda
_CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
_RUNS_LATER = (
    inspect.isgeneratorfunction,
    inspect.iscoroutinefunction,
    inspect.isasyncgenfunction,
)
_BODIES = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
_LATER = (
    "a generator or coroutine runs after the call: use `with` inside its body, and "
    "leave the block before each yield or await"
)


class _Block:
    """A context manager that undoes its changes on exit. It is also a decorator."""

    def __init__(self) -> None:
        # A stack, because you can enter the same object again inside its own block.
        self._restores: list[Callable[[], None]] = []

    def _begin(self) -> Callable[[], None]:
        """Change the state, and return a function that restores it."""
        raise NotImplementedError

    def __enter__(self) -> None:
        self._restores.append(self._begin())

    def __exit__(self, *error: object) -> None:
        if not self._restores:
            name = type(self).__name__
            raise RuntimeError(f"{name} was never entered: use it in a with statement")
        self._restores.pop()()

    def __call__(self, function: F) -> F:
        """Decorate a function, so that each call runs inside the context."""
        if not callable(function):
            raise TypeError(f"{function!r} is not callable: decorate the function")
        if any(runs_later(function) for runs_later in _RUNS_LATER):
            raise TypeError(_LATER)

        @functools.wraps(function)
        def block(*args: Any, **kwargs: Any) -> Any:
            with self:
                result = function(*args, **kwargs)
            if isinstance(result, types.CoroutineType):
                result.close()  # otherwise Python warns that it was never awaited
            # Some generator and coroutine functions can't be recognized before the
            # call.
            if isinstance(result, _BODIES):
                raise TypeError(_LATER)
            return result

        return cast(F, block)


class isolate_rng(_Block):
    """Restore all global generators at the end of a ``with`` block or a function.

    This way, drawing numbers in the block doesn't change the numbers drawn after it.
    For example, evaluating the model then doesn't affect training.

    Args:
        seed: Seed for the block. It is passed to `seed_everything`, so each rank draws
            different numbers. By default, the block continues from the current state.
        device: Whether to include the device generators, as in `RNGState`.

    Raises:
        TypeError: If `seed` is not an integer, or if you decorate a generator or
            coroutine function, because its body runs after the call.
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

    This follows https://docs.pytorch.org/docs/stable/notes/randomness.html: it turns on
    `torch.use_deterministic_algorithms` and turns off ``cudnn.benchmark``. If the
    environment variable ``CUBLAS_WORKSPACE_CONFIG`` isn't set, it sets that too. cuBLAS
    reads this variable when CUDA is initialized.

    At the end of the block, all settings are restored, except that the variable stays
    set if CUDA was initialized in the block. To use deterministic algorithms in the
    rest of the program, call ``deterministic().enable()``.

    Args:
        warn_only: Whether torch only warns if an operation has no deterministic
            algorithm, instead of raising an error.

    Raises:
        RuntimeError: At the start of the block, if CUDA was initialized without the
            variable, or if its value is neither ``:4096:8`` nor ``:16:8``. In that
            case, no setting is changed.
        TypeError: If you decorate a generator or coroutine function, because its body
            runs after the call.

    Example:
        >>> with deterministic():
        ...     torch.are_deterministic_algorithms_enabled()
        True
    """

    def __init__(self, warn_only: bool = False) -> None:
        super().__init__()
        self._warn_only = warn_only

    def enable(self) -> None:
        """Use deterministic algorithms from now on, without a ``with`` block.

        Raises:
            RuntimeError: In the same cases as at the start of a block.

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
