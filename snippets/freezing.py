"""Freeze parts of a model so that nothing in them moves, and train the rest.

``requires_grad_(False)`` is not enough: a gradient that is left moves its parameter in
the next step, and running statistics move in each forward pass of a training model.

A pattern is a glob or compiled regular expression that finds names of modules and
parameters, a `Module` or a `Parameter`; a module stands for all below it. Call
`SyncBatchNorm.convert_sync_batchnorm` before: it builds the norm layers anew.
"""

import difflib
import fnmatch
import functools
import gc
import re
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import torch.distributed
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.nn.utils.spectral_norm import SpectralNorm

Pattern: TypeAlias = str | re.Pattern[str] | nn.Module | nn.Parameter


class _Kept:
    """Mixed into the class of a layer, so that `train()` leaves it in evaluation."""

    def train(self, mode: bool = True) -> Any:
        self._mode = mode
        return super().train(False)  # type: ignore[misc]

    def reset_running_stats(self) -> None:
        """Do nothing: `torch.optim.swa_utils.update_bn` resets what it cannot fill."""

    def _apply_instance_norm(self: Any, x: torch.Tensor) -> torch.Tensor:
        # The same numbers; F.instance_norm of torch 2.4 rounds the statistics anew.
        stats = (self.running_mean, self.running_var)
        return nn.functional.batch_norm(x, *stats, self.weight, self.bias, eps=self.eps)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _new, (type(self).__mro__[2],), *super().__reduce_ex__(protocol)[2:]


@functools.cache
def _kept(kind: Any) -> Any:
    return type(f"Frozen{kind.__name__}", (_Kept, kind), {"__module__": __name__})


def _new(kind: Any) -> Any:
    return _kept(kind).__new__(_kept(kind))


def _keep(layer: Any, on: bool) -> bool:
    """Keep a layer's statistics or let them move; whether that was otherwise."""
    if on == isinstance(layer, _Kept) or not _moves(layer):
        return False
    mode = layer.training if on else layer.__dict__.pop("_mode")
    kind = layer.__class__
    layer.__class__ = _kept(kind) if on else kind.__mro__[2]
    layer.train(mode)
    return True


def _moves(layer: nn.Module) -> bool:
    """Whether a forward pass in training changes buffers of this layer."""
    parts = [layer, *layer._forward_pre_hooks.values()]
    spectral = any(isinstance(part, (_SpectralNorm, SpectralNorm)) for part in parts)
    return spectral or getattr(layer, "running_mean", None) is not None


def _check(module: nn.Module) -> nn.Module:
    if not isinstance(module, nn.Module):
        raise TypeError(f"expected a Module, got {type(module).__name__}")
    if any(map(is_lazy, [*module.parameters(), *module.buffers()])):
        raise ValueError("the model has lazy layers: run one batch through it before")
    return getattr(module, "_orig_mod", module)  # of torch.compile


def _select(module: nn.Module, patterns: Any) -> tuple[set[int], set[int]]:
    """Ids of the parameters, and of the layers that move, which patterns select."""
    named: dict[str, Any] = dict(module.named_modules(remove_duplicate=False))
    named |= module.named_parameters(remove_duplicate=False)
    parameters, layers = set(), set()
    for pattern in patterns:
        if not isinstance(pattern, (str, re.Pattern, nn.Module, nn.Parameter)):
            kinds = "a glob, re.Pattern, Module or Parameter; give several one by one"
            raise TypeError(f"{type(pattern).__name__} is no pattern: give {kinds}")
        text = getattr(pattern, "pattern", pattern)
        if isinstance(pattern, str):
            pattern = re.compile(r"\A" + fnmatch.translate(pattern))
        if isinstance(pattern, re.Pattern):
            found = [named[name] for name in named if name and pattern.search(name)]
        else:
            found = [value for value in named.values() if value is pattern]
        inside = [item for item in found if isinstance(item, nn.Module)]
        own = {id(item) for item in found if isinstance(item, nn.Parameter)}
        own |= {id(item) for part in inside for item in part.parameters()}
        moving = {id(x) for part in inside for x in part.modules() if _moves(x)}
        if not own | moving:
            text = text if isinstance(text, str) else type(text).__name__
            close = difflib.get_close_matches(text.strip("^$*."), named, 3, 0.5)
            raise ValueError(f"{text!r} selects nothing, close names: {close or None}")
        parameters |= own
        layers |= moving
    return parameters, layers


def _refuse_ddp(module: nn.Module, parameters: set[int]) -> None:
    wrappers: list[Any] = list(module.modules())
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        gc.collect()  # a wrapper that nothing uses any more is no obstacle
        wrappers += gc.get_objects()
    ddp = [item for item in wrappers if issubclass(type(item), DistributedDataParallel)]
    if parameters & {id(item) for one in ddp for item in one.parameters()}:
        why = "DistributedDataParallel averages what was trainable at wrapping"
        raise TypeError(f"{why}: freeze or unfreeze before, or wrap anew")


def _set(parameter: nn.Parameter, trainable: bool) -> bool:
    """Whether that was otherwise; integers cannot be trained."""
    before: bool = parameter.requires_grad
    if parameter.is_floating_point() or parameter.is_complex():
        parameter.requires_grad_(trainable)
    if not trainable:
        parameter.grad = None  # with one left, momentum and decay go on moving it
    return bool(parameter.requires_grad != before)


class Frozen(AbstractContextManager["Frozen"]):
    """What `freeze` changed. A ``with`` block restores; ``str()`` is a table of now.

    Attributes:
        names: Names of the parameters that changed.
        numel: Number of elements in them.
        layers: Names of the layers whose statistics changed from moving to kept.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
        >>> print(freeze(model, "0", "1"))
        part                    frozen     trainable
        0                           15             0
        1                            6             0
        2                            0             8
        all                         21             8
    """

    def __init__(self, module: nn.Module, patterns: Any, on: bool, stats: bool) -> None:
        self._module, self.numel = _check(module), 0
        self.names: list[str] = []
        self.layers: list[str] = []
        self._flags: list[tuple[nn.Parameter, bool]] = []
        self._layers: list[tuple[nn.Module, bool]] = []
        chosen, layers = _select(self._module, patterns or (self._module,))
        _refuse_ddp(self._module, chosen)
        for name, parameter in self._module.named_parameters():
            if id(parameter) in chosen:
                self._flags.append((parameter, parameter.requires_grad))
                if _set(parameter, not on):
                    self.names.append(name)
                    self.numel += parameter.numel()
        for name, layer in self._module.named_modules() if stats else ():
            own = list(layer.parameters(recurse=False))
            # A layer is meant, too, when its parameters are selected one by one.
            whole = own and on != any(item.requires_grad for item in own)
            if id(layer) in layers or (whole and chosen & set(map(id, own))):
                self._layers.append((layer, isinstance(layer, _Kept)))
                if _keep(layer, on):
                    self.layers.append(name)

    def restore(self) -> None:
        """Put back the flags of parameters and layers from before; once.

        Raises:
            TypeError: The model is now inside of `DistributedDataParallel`.
        """
        _refuse_ddp(self._module, {id(parameter) for parameter, _ in self._flags})
        for parameter, trainable in self._flags:
            _set(parameter, trainable)
        for layer, kept in self._layers:
            _keep(layer, kept)
        self._flags, self._layers = [], []

    def __exit__(self, *error: object) -> None:
        self.restore()

    def __str__(self) -> str:
        rows = [f"{'part':<16} {'frozen':>13} {'trainable':>13}"]
        for name, part in [*self._module.named_children(), ("all", self._module)]:
            sizes = [0, 0]
            for parameter in part.parameters():
                sizes[parameter.requires_grad] += parameter.numel()
            rows.append(f"{name:<16} {sizes[0]:>13,} {sizes[1]:>13,}")
        return "\n".join(rows)


def freeze(module: nn.Module, *patterns: Pattern, norm_stats: bool = True) -> Frozen:
    """Stop all that moves in parts of a model: parameters, gradients, statistics.

    Modules, parameters and state dict stay the same. A layer with running statistics or
    spectral norm gets a class that stays in evaluation mode, through `train()`, copies,
    pickle and `torch.compile` (https://github.com/pytorch/pytorch/issues/66073).

    Args:
        module: The model, before `DistributedDataParallel` wraps it.
        *patterns: What to freeze, see above; all if there is none.
        norm_stats: Whether the statistics of layers that are frozen are kept.

    Returns:
        What was changed. Its ``restore()`` puts back what was before.

    Raises:
        ValueError: A pattern selects nothing, or the model has lazy layers.
        TypeError: A pattern is of another type, or the model is wrapped.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
        >>> frozen = freeze(model, "0", re.compile("^1[.]"))
        >>> frozen.names, frozen.layers
        (['0.weight', '0.bias', '1.weight', '1.bias'], ['1'])
    """
    return Frozen(module, patterns, True, norm_stats)


def unfreeze(module: nn.Module, *patterns: Pattern) -> list[str]:
    """Make parameters trainable and let the statistics of their layers move.

    Args:
        module: The model, before `DistributedDataParallel`: ranks would drift apart.
        *patterns: What to unfreeze, see above; all if there is none.

    Returns:
        Names of the parameters that were frozen before.

    Raises:
        ValueError: A pattern selects nothing, or the model has lazy layers.
        TypeError: A pattern is of another type, or the model is wrapped.

    Example:
        >>> model = nn.Linear(4, 3).requires_grad_(False)
        >>> unfreeze(model, "b*")
        ['bias']
    """
    return Frozen(module, patterns, False, True).names


def freeze_norm_stats(module: nn.Module, on: bool = True) -> list[str]:
    """Keep the running statistics of all norm layers, or let them move again.

    Args:
        module: The model; its parameters train as before.
        on: True to keep them through `train()`.

    Returns:
        Names of the layers where that was otherwise before.

    Raises:
        ValueError: The model has lazy layers.

    Example:
        >>> freeze_norm_stats(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)))
        ['1']
    """
    named = _check(module).named_modules()
    return [name for name, layer in named if _keep(layer, on)]


def add_trainable(
    optimizer: torch.optim.Optimizer, module: nn.Module, **group: Any
) -> list[str]:
    """Give an optimizer the trainable parameters that it does not have yet.

    A learning rate scheduler made before may raise or leave it out: make it anew.

    Args:
        optimizer: Gets one new group, if there are such parameters.
        module: The model, part of which was unfrozen.
        **group: Options of the group, such as ``lr=1e-4``.

    Returns:
        Names of the parameters that were added.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
        >>> optimizer = torch.optim.SGD(model[1].parameters(), lr=0.1)
        >>> add_trainable(optimizer, model, lr=0.01)
        ['0.weight', '0.bias']
    """
    there = {id(p) for known in optimizer.param_groups for p in known["params"]}
    named = module.named_parameters()
    new = {name: p for name, p in named if p.requires_grad and id(p) not in there}
    if new:
        with_names = "param_names" in optimizer.param_groups[0]
        params: Any = list(new.items() if with_names else new.values())
        optimizer.add_param_group({"params": params, **group})
    return list(new)
