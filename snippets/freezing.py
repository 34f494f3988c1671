"""Freeze parts of a model so that training doesn't move them, and train the rest.

``requires_grad_(False)`` is not enough. A gradient from before still moves its
parameter in the next step, and the forward pass in training mode moves buffers, such as
the running statistics of `BatchNorm2d`. `freeze` stops all three.

A pattern selects what to freeze: a glob or compiled regular expression for the names of
modules and parameters, or a `Module` or `Parameter` of the model. A module stands for
everything inside it.
"""

import difflib
import fnmatch
import gc
import re
import weakref
from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeAlias

import torch
import torch.distributed
from torch import nn
from torch.nn.modules.instancenorm import _InstanceNorm
from torch.nn.modules.module import register_module_module_registration_hook
from torch.nn.parallel import DistributedDataParallel
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.nn.utils.spectral_norm import SpectralNorm

__all__ = [
    "Frozen",
    "add_trainable",
    "freeze",
    "freeze_norm_stats",
    "load_optimizer_state",
    "optimizer_state",
    "unfreeze",
]

Pattern: TypeAlias = str | re.Pattern[str] | nn.Module | nn.Parameter


# Which layers have buffers that a forward pass can move


def _has_forward(layer: nn.Module) -> bool:
    """Return whether a layer can be called; a `ModuleList` only stores layers."""
    scripted = isinstance(layer, torch.jit.ScriptModule)
    return scripted or type(layer).forward is not nn.Module.forward


def _buffers(layer: nn.Module) -> list[tuple[nn.Module, str, torch.Tensor]]:
    """List the buffers that belong to a layer, as (owner, name, buffer).

    They are its own ones and those of the modules in it that can't be called: only the
    forward pass of the layer itself can use these.
    """
    found = [(layer, name, b) for name, b in layer._buffers.items() if b is not None]
    for child in layer.children():
        if not _has_forward(child):
            found += _buffers(child)
    return found


def _has_running_stats(layer: nn.Module) -> bool:
    named = layer.named_buffers(recurse=False)
    return _has_forward(layer) and any(name.startswith("running_") for name, _ in named)


def _stops_in_evaluation(layer: nn.Module) -> bool:
    """Return whether evaluation mode keeps all buffers of a layer as they are."""
    # The old spectral norm is a hook of the layer, the new one is a layer.
    parts = [layer, *layer._forward_pre_hooks.values()]
    spectral = any(isinstance(part, (SpectralNorm, _SpectralNorm)) for part in parts)
    return spectral or _has_running_stats(layer)


def _moves_in_evaluation(layer: nn.Module) -> bool:
    """Return whether a layer may change its buffers in evaluation mode, too."""
    # Observers and fake-quantize layers, of torch.ao and torchao.
    observes = hasattr(layer, "calculate_qparams")
    # A traced graph does what it did in the mode at tracing.
    traced = isinstance(layer, torch.fx.GraphModule) and bool(_buffers(layer))
    # In torch 2.4, each forward pass rounds the statistics of InstanceNorm.
    rounds = isinstance(layer, _InstanceNorm) and _has_running_stats(layer)
    return observes or traced or rounds


def _could_write(layer: nn.Module) -> bool:
    """Return whether a layer has buffers and code that may change them."""
    # In torch.nn, only the layers of the functions above change their buffers.
    scripted = isinstance(layer, torch.jit.ScriptModule)
    module = "" if scripted else str(type(layer).forward.__module__)
    known = module.startswith("torch.nn.")
    return _has_forward(layer) and not known and bool(_buffers(layer))


def _can_move(layer: nn.Module) -> bool:
    tests = (_stops_in_evaluation, _moves_in_evaluation, _could_write)
    return any(test(layer) for test in tests)


# How the buffers of a layer are held: the functions below become attributes of the
# layer, which hide the methods of its class. So the class stays the same for tools that
# look at it, and copy, pickle and torch.compile keep the functions.


def _stay_in_evaluation(layer: Any, mode: bool = True) -> Any:
    """Instead of `train`: remember the mode, and pass it to the layers inside."""
    layer._held["mode"] = mode
    type(layer).train(layer, mode)
    layer.training = False
    return layer


def _keep_running_stats() -> None:
    """Instead of `reset_running_stats`: `torch.optim.swa_utils.update_bn` calls it."""


def _on_copies(layer: Any, always: bool, *args: Any, **kwargs: Any) -> Any:
    """Instead of `forward`: call it with copies in the place of the buffers."""
    # After `_release`, another library's wrapper may still call this.
    held = hasattr(layer, "_held")
    if not (held and (always or layer._held.get("mode", layer.training))):
        return type(layer).forward(layer, *args, **kwargs)
    originals = _buffers(layer)
    # Compiled code can't assign parameters, so there is nothing to look for.
    compiled = torch.compiler.is_compiling()
    owners = [] if compiled else layer.modules()
    parameters = [
        (owner, name, parameter)
        for owner in owners
        for name, parameter in owner._parameters.items()
        if parameter is not None and not parameter.requires_grad
    ]
    for owner, name, buffer in originals:
        setattr(owner, name, buffer.clone())
    if hasattr(layer, "observer_enabled"):  # the switch of a fake-quantize layer
        layer.observer_enabled.zero_()
    try:
        return type(layer).forward(layer, *args, **kwargs)
    finally:
        for owner, name, buffer in originals:
            now = owner._buffers.get(name)
            # Statistics keep their shape. A buffer with a new shape is a cache that has
            # grown, and the layer relies on it.
            if always or (now is not None and now.shape == buffer.shape):
                setattr(owner, name, buffer)
        # Some codebooks assign a new parameter in each forward pass.
        for owner, name, parameter in parameters:
            owner._parameters[name] = parameter


def _refuse_script(layer: nn.Module) -> None:
    """`torch.jit.script` calls this first."""
    raise TypeError(
        f"torch.jit.script would build a {type(layer).__name__} that is not frozen: "
        "call restore() or unfreeze() first"
    )


def _hold(layer: Any) -> bool:
    """Hold the buffers of a layer; return whether that changed anything."""
    if hasattr(layer, "_held") or not _can_move(layer):
        return False
    held: dict[str, Any] = {}
    methods: dict[str, Any] = {"__prepare_scriptable__": partial(_refuse_script, layer)}
    if _stops_in_evaluation(layer):
        held["mode"] = layer.training
        methods["train"] = partial(_stay_in_evaluation, layer)
        if hasattr(layer, "reset_running_stats"):
            methods["reset_running_stats"] = _keep_running_stats
    if _could_write(layer) or _moves_in_evaluation(layer):
        methods["forward"] = partial(_on_copies, layer, _moves_in_evaluation(layer))
    name = type(layer).__name__
    if isinstance(layer, torch.jit.ScriptModule):
        raise TypeError(f"{name} is scripted: freeze the model before torch.jit.script")
    if taken := methods.keys() & layer.__dict__.keys():
        other = " and ".join(sorted(taken))
        raise TypeError(f"another library replaced {other} of {name}: freeze it before")
    layer.__dict__.update(methods, _held={**held, "methods": methods})
    layer.training = layer.training and "mode" not in held
    return True


def _release(layer: Any) -> bool:
    """Let the buffers of a layer move again; return whether that changed anything."""
    if not hasattr(layer, "_held"):
        return False
    held = layer.__dict__.pop("_held")
    for name, method in held["methods"].items():
        if layer.__dict__.get(name) is method:  # and not another library's wrapper
            del layer.__dict__[name]
    layer.training = held.get("mode", layer.training)
    return True


# What a pattern selects


def _check(module: Any) -> nn.Module:
    """Return the model, without the wrapper of `torch.compile`."""
    if not isinstance(module, nn.Module):
        raise TypeError(f"expected a Module, got {type(module).__name__}")
    if any(map(is_lazy, [*module.parameters(), *module.buffers()])):
        raise ValueError("the model has lazy layers: run one batch through it first")
    model: nn.Module = getattr(module, "_orig_mod", module)
    return model


def _matches(pattern: Any, name: str, item: object) -> bool:
    """Return whether a pattern selects the module, parameter or buffer of a name."""
    if isinstance(pattern, str):
        return fnmatch.fnmatchcase(name, pattern)
    if isinstance(pattern, re.Pattern):
        return name != "" and pattern.search(name) is not None
    return item is getattr(pattern, "_orig_mod", pattern)


def _contents(item: nn.Module | nn.Parameter) -> set[int]:
    """Return ids of what can move in an item: parameters, and layers with buffers."""
    if isinstance(item, nn.Parameter):
        return {id(item)}
    layers = {id(layer) for layer in item.modules() if _can_move(layer)}
    return layers.union(map(id, item.parameters()))


def _select(module: nn.Module, patterns: Iterable[Any]) -> set[int]:
    """Return ids of the parameters and layers that patterns select."""
    named: dict[str, Any] = dict(module.named_modules(remove_duplicate=False))
    named |= module.named_parameters(remove_duplicate=False)
    selected: set[int] = set()
    for pattern in patterns:
        if not isinstance(pattern, (str, re.Pattern, nn.Module, nn.Parameter)):
            kind = type(pattern).__name__
            wanted = "a glob, re.Pattern, Module or Parameter, each as one argument"
            raise TypeError(f"a pattern can't be a {kind}: pass {wanted}")
        found = [item for name, item in named.items() if _matches(pattern, name, item)]
        ids = set().union(*map(_contents, found))
        if not ids:
            raise ValueError(_nothing_selected(module, pattern, named))
        selected |= ids
    return selected


def _nothing_selected(module: nn.Module, pattern: Any, named: dict[str, Any]) -> str:
    """Say why a pattern selects nothing, and what to write instead."""
    text = getattr(pattern, "pattern", pattern)
    what = repr(text) if isinstance(text, str) else f"this {type(text).__name__}"
    for name, item in named.items():
        if _matches(pattern, name, item):
            return f"{what} selects {name!r}: no parameter or buffer in it can move"
    for name, buffer in module.named_buffers():
        if _matches(pattern, name, buffer):
            owner = repr(name.rpartition(".")[0]) if "." in name else "the model"
            return f"{what} selects the buffer {name!r}: select {owner} instead"
    if not isinstance(text, str):
        return f"{what} is not in the model: select one of its modules or parameters"
    names = [name for name, item in named.items() if _contents(item)]
    close = difflib.get_close_matches(text.strip("^$*."), names, 3, 0.5)
    hint = " or ".join(map(repr, close)) or "a name of named_modules()"
    return f"{what} selects nothing: try {hint}"


def _add_implied(module: nn.Module, selected: set[int], on: bool) -> None:
    """Add the layers that a selection means, too, after its parameters have changed."""
    for part in module.modules():
        inside = set(map(id, part.parameters()))
        own = list(part.parameters(recurse=False))
        # A module is meant if all parameters in it are selected one by one.
        if inside and inside <= selected:
            selected |= _contents(part)
        # A layer is meant if this call makes it fully frozen, or not frozen anymore.
        elif selected & set(map(id, own)) and on != any(p.requires_grad for p in own):
            selected.add(id(part))
    # As with a tied parameter, a buffer that two layers share belongs to both.
    shared: set[int] = set()
    for layer in module.modules():
        if id(layer) in selected:
            shared |= set(map(id, layer.buffers(recurse=False)))
    for layer in module.modules():
        if any(id(buffer) in shared for buffer in layer.buffers(recurse=False)):
            selected.add(id(layer))


# DistributedDataParallel decides at wrapping which gradients it averages. A model can't
# tell who wraps it, and a search through all objects of a large process takes seconds.
# So torch tells us: it calls this hook for each module that is put into another one,
# which adds less than the registration itself takes, and nothing in training.

_wrappers: weakref.WeakSet[DistributedDataParallel] = weakref.WeakSet()


def _note_wrapper(module: nn.Module, name: str, submodule: nn.Module | None) -> None:
    if isinstance(module, DistributedDataParallel):
        _wrappers.add(module)


register_module_module_registration_hook(_note_wrapper)


def _is_wrapped(module: nn.Module, selected: set[int]) -> bool:
    wrappers = [m for m in module.modules() if isinstance(m, DistributedDataParallel)]
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        wrappers += _wrappers
    return any(id(p) in selected for wrapper in wrappers for p in wrapper.parameters())


def _refuse_wrapped(module: nn.Module, selected: set[int]) -> None:
    if _is_wrapped(module, selected):
        gc.collect()  # a wrapper that nothing uses anymore may be left in a cycle
    if _is_wrapped(module, selected):
        raise TypeError(
            "DistributedDataParallel averages what was trainable when it wrapped the "
            "model: freeze or unfreeze before that, or wrap again"
        )


# The public functions


def _set(parameter: nn.Parameter, trainable: bool) -> bool:
    """Freeze or unfreeze a parameter; return whether its flag changed."""
    before = parameter.requires_grad
    if parameter.is_floating_point() or parameter.is_complex():  # not for integers
        parameter.requires_grad_(trainable)
    if not trainable:
        parameter.grad = None  # momentum and weight decay would still use it
    return bool(parameter.requires_grad != before)


class Frozen(AbstractContextManager["Frozen"]):
    """What `freeze` changed. A ``with`` block restores it; ``str()`` is a table.

    Attributes:
        names: Names of the parameters that changed.
        numel: Number of elements in them.
        layers: Names of the layers whose buffers could move before and can't now.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
        >>> print(freeze(model, "0", "1"))
        part                    frozen     trainable
        0                           15             0
        1                            6             0
        2                            0             8
        all                         21             8
    """

    def __init__(self, module: nn.Module) -> None:
        self.names: list[str] = []
        self.numel = 0
        self.layers: list[str] = []
        self._module = module
        self._flags: list[tuple[nn.Parameter, bool]] = []
        self._held: list[tuple[nn.Module, bool]] = []

    def restore(self) -> None:
        """Restore parameters and layers to what they were before; works once.

        Raises:
            TypeError: If `DistributedDataParallel` has wrapped the model since then.
        """
        _refuse_wrapped(self._module, {id(parameter) for parameter, _ in self._flags})
        for parameter, trainable in self._flags:
            _set(parameter, trainable)
        for layer, was_held in self._held:
            if was_held:
                _hold(layer)
            else:
                _release(layer)
        self._flags = []
        self._held = []

    def __exit__(self, *error: object) -> None:
        self.restore()

    def __str__(self) -> str:
        rows = [f"{'part':<16} {'frozen':>13} {'trainable':>13}"]
        for name, part in [*self._module.named_children(), ("all", self._module)]:
            total = sum(p.numel() for p in part.parameters())
            trainable = sum(p.numel() for p in part.parameters() if p.requires_grad)
            frozen = total - trainable
            rows.append(f"{name:<16} {frozen:>13,} {trainable:>13,}")
        return "\n".join(rows)


def _change(
    module: nn.Module, patterns: Iterable[Any], on: bool, norm_stats: bool = True
) -> Frozen:
    """Freeze (``on``) or unfreeze what patterns select, or the whole model."""
    module = _check(module)
    selected = _select(module, list(patterns) or [module])
    _refuse_wrapped(module, selected)
    changed = Frozen(module)
    for name, parameter in module.named_parameters():
        if id(parameter) in selected:
            changed._flags.append((parameter, parameter.requires_grad))
            if _set(parameter, not on):
                changed.names.append(name)
                changed.numel += parameter.numel()
    _add_implied(module, selected, on)
    try:
        for name, layer in module.named_modules():
            if id(layer) in selected and (norm_stats or not _has_running_stats(layer)):
                changed._held.append((layer, hasattr(layer, "_held")))
                if _hold(layer) if on else _release(layer):
                    changed.layers.append(name)
    except TypeError:
        changed.restore()
        raise
    return changed


def freeze(module: nn.Module, *patterns: Pattern, norm_stats: bool = True) -> Frozen:
    """Freeze parts of a model: their parameters, gradients and buffers.

    Classes, modules, parameters and the state dict stay the same, so `torch.compile`,
    `torch.fx`, `copy.deepcopy` and ``pickle`` work as before. Tools that build new
    layers can lose a freeze: freeze what they return. Buffers are held as follows:

    - A layer with a buffer ``running_…`` or with spectral norm stays in evaluation
      mode. The layers in it follow `train()`.
    - Any other layer with buffers that isn't from ``torch.nn`` follows `train()`. In
      training mode, its forward pass works on copies of its buffers. A buffer that gets
      a new shape there is a cache, and keeps it.
    - Observers and fake-quantize layers record nothing, in evaluation mode either.

    Everything else, such as dropout, doesn't change. Plain attributes and code outside
    a layer that writes to its buffers aren't seen. The problem that this solves:
    https://github.com/pytorch/pytorch/issues/66073.

    Args:
        module: The model, before `DistributedDataParallel` wraps it.
        *patterns: What to freeze, see above; by default everything.
        norm_stats: Whether to freeze running statistics, too.

    Returns:
        What changed. Its ``restore()`` restores what was before.

    Raises:
        ValueError: If a pattern selects nothing, or the model has lazy layers.
        TypeError: If a pattern has another type, the model is wrapped or scripted, or
            another library has replaced ``forward`` or ``train`` of a layer.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
        >>> frozen = freeze(model, "0", re.compile("^1[.]"))
        >>> frozen.names, frozen.layers
        (['0.weight', '0.bias', '1.weight', '1.bias'], ['1'])
    """
    return _change(module, patterns, on=True, norm_stats=norm_stats)


def unfreeze(module: nn.Module, *patterns: Pattern) -> list[str]:
    """Make parameters trainable, and let the buffers of their layers move.

    Args:
        module: The model, before `DistributedDataParallel` wraps it: afterwards, the
            processes would drift apart.
        *patterns: What to unfreeze, see above; by default everything.

    Returns:
        Names of the parameters that were frozen before.

    Raises:
        ValueError: If a pattern selects nothing, or the model has lazy layers.
        TypeError: If a pattern has another type, or the model is wrapped.

    Example:
        >>> model = nn.Linear(4, 3).requires_grad_(False)
        >>> unfreeze(model, "b*")
        ['bias']
    """
    return _change(module, patterns, on=False).names


def freeze_norm_stats(module: nn.Module, on: bool = True) -> list[str]:
    """Freeze the running statistics of all norm layers, or let them move again.

    Args:
        module: The model; its parameters train as before.
        on: Whether to freeze them.

    Returns:
        Names of the layers where this changed something.

    Raises:
        ValueError: If the model has lazy layers.

    Example:
        >>> freeze_norm_stats(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)))
        ['1']
    """
    changed = []
    for name, layer in _check(module).named_modules():
        if _has_running_stats(layer) and (_hold(layer) if on else _release(layer)):
            changed.append(name)
    return changed


def add_trainable(
    optimizer: torch.optim.Optimizer, module: nn.Module, **group: Any
) -> list[str]:
    """Add the trainable parameters that an optimizer doesn't have yet, as one group.

    A learning rate scheduler from before may ignore the group or fail: create it again.

    Args:
        optimizer: The optimizer. It doesn't change if it has all of them.
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
    known = {id(p) for group in optimizer.param_groups for p in group["params"]}
    named = _unwrapped(module).named_parameters()
    new = {name: p for name, p in named if p.requires_grad and id(p) not in known}
    if new:
        with_names = "param_names" in optimizer.param_groups[0]
        _add_group(optimizer, new, with_names, **group)
    return list(new)


def _add_group(
    optimizer: torch.optim.Optimizer,
    parameters: dict[str, nn.Parameter],
    with_names: bool,
    **options: Any,
) -> None:
    """Add a group. Since torch 2.6, all groups of an optimizer have names, or none."""
    params = parameters.items() if with_names else parameters.values()
    optimizer.add_param_group({**options, "params": list(params)})


def _unwrapped(module: Any) -> nn.Module:
    """Return the model, without wrappers that change the names of its parameters."""
    while isinstance(module, DistributedDataParallel) or hasattr(module, "_orig_mod"):
        module = module._orig_mod if hasattr(module, "_orig_mod") else module.module
    return _check(module)


def optimizer_state(
    optimizer: torch.optim.Optimizer, module: nn.Module
) -> dict[str, Any]:
    """Return the state dict of an optimizer, together with the parameter names.

    The state dict alone numbers the parameters in the order in which they were added.
    After gradual unfreezing, it fits only an optimizer that was built in that order.

    Args:
        optimizer: The optimizer.
        module: The model whose parameters it has, wrapped or not.

    Returns:
        ``optimizer.state_dict()`` with one more key: ``"names"``, a list in which
        parameter ``n`` of the state dict has its name at index ``n``.

    Raises:
        ValueError: If the optimizer has a parameter that is not in the model.

    Example:
        >>> model = nn.Linear(4, 3)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> optimizer_state(optimizer, model)["names"]
        ['weight', 'bias']
    """
    name_of = {id(p): name for name, p in _unwrapped(module).named_parameters()}
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for parameter in parameters:
        if id(parameter) not in name_of:
            raise ValueError(
                f"the optimizer has a parameter of shape {tuple(parameter.shape)} that "
                "is not in the model: pass the model that it trains"
            )
    state = optimizer.state_dict()
    for group in state["param_groups"]:
        # Names of the optimizer itself, which not every optimizer has.
        group.pop("param_names", None)
    return {**state, "names": [name_of[id(parameter)] for parameter in parameters]}


def load_optimizer_state(
    optimizer: torch.optim.Optimizer, module: nn.Module, state: dict[str, Any]
) -> None:
    """Load what `optimizer_state` returned, whatever groups the optimizer has now.

    The optimizer gets the groups of the state in the place of its own. What is frozen
    is not part of the state: call `unfreeze` for the same parts as before, then
    `add_trainable` for more, and create a learning rate scheduler last.

    Args:
        optimizer: An optimizer of the same class.
        module: The model, wrapped or not.
        state: What `optimizer_state` returned.

    Raises:
        ValueError: If a parameter of the state is not in the model. The optimizer
            doesn't change then.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
        >>> optimizer = torch.optim.SGD(model[1].parameters(), lr=0.1)
        >>> add_trainable(optimizer, model, lr=0.01)
        ['0.weight', '0.bias']
        >>> state = optimizer_state(optimizer, model)
        >>> resumed = torch.optim.SGD(model.parameters(), lr=0.5)
        >>> load_optimizer_state(resumed, model, state)
        >>> [(len(group["params"]), group["lr"]) for group in resumed.param_groups]
        [(2, 0.1), (2, 0.01)]
    """
    parameters = dict(_unwrapped(module).named_parameters(remove_duplicate=False))
    names = state["names"]
    missing = [name for name in names if name not in parameters]
    if missing:
        raise ValueError(
            f"the state has {missing[0]!r}, which is not in the model: pass the same "
            "model as to optimizer_state"
        )
    with_names = "param_names" in optimizer.param_groups[0]
    optimizer.param_groups.clear()
    for group in state["param_groups"]:
        own = {names[number]: parameters[names[number]] for number in group["params"]}
        _add_group(optimizer, own, with_names)
    optimizer.load_state_dict(state)  # which sets the options of each group
