"""Freeze parts of a model, so that training changes only the rest.

``requires_grad_(False)`` alone is not enough. If a parameter still has a gradient from
an earlier backward pass, the next optimizer step changes it. And a forward pass in
training mode changes buffers, such as the running statistics of `BatchNorm2d`. `freeze`
prevents both.

Patterns select what to freeze. A pattern is a glob or compiled regular expression that
matches names of modules and parameters, or it is a `Module` or `Parameter` of the
model. If you select a module, you select everything in it.
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


# Which layers have buffers that a forward pass can change


def _has_forward(layer: nn.Module) -> bool:
    """Return whether a layer can be called. A `ModuleList`, for example, can't."""
    scripted = isinstance(layer, torch.jit.ScriptModule)
    return scripted or type(layer).forward is not nn.Module.forward


def _buffers(layer: nn.Module) -> list[tuple[nn.Module, str, torch.Tensor]]:
    """List the buffers that belong to a layer, as (owner, name, buffer) tuples.

    If a module in the layer can't be called, its buffers belong to the layer too,
    because only the forward pass of the layer can use them.
    """
    found = [(layer, name, b) for name, b in layer._buffers.items() if b is not None]
    for child in layer.children():
        if not _has_forward(child):
            found += _buffers(child)
    return found


def _has_running_stats(layer: nn.Module) -> bool:
    """Return whether a layer has running statistics, as BatchNorm layers do."""
    named = layer.named_buffers(recurse=False)
    return _has_forward(layer) and any(name.startswith("running_") for name, _ in named)


def _stops_in_evaluation(layer: nn.Module) -> bool:
    """Return whether the buffers of a layer change only in training mode."""
    # The old spectral norm is a hook on a layer. The new one is a layer.
    parts = [layer, *layer._forward_pre_hooks.values()]
    spectral = any(isinstance(part, (SpectralNorm, _SpectralNorm)) for part in parts)
    return spectral or _has_running_stats(layer)


def _moves_in_evaluation(layer: nn.Module) -> bool:
    """Return whether a layer may change its buffers even in evaluation mode."""
    # Observers and fake-quantize layers in torch.ao and torchao have this method.
    observes = hasattr(layer, "calculate_qparams")
    # A traced graph always does what the model did in the mode in which it was traced.
    traced = isinstance(layer, torch.fx.GraphModule) and bool(_buffers(layer))
    # In torch 2.4, each forward pass rounds the statistics of InstanceNorm.
    rounds = isinstance(layer, _InstanceNorm) and _has_running_stats(layer)
    return observes or traced or rounds


def _could_write(layer: nn.Module) -> bool:
    """Return whether a layer has buffers and a ``forward`` that isn't from torch.nn."""
    # The functions above find all layers in torch.nn that change their buffers.
    scripted = isinstance(layer, torch.jit.ScriptModule)
    module = "" if scripted else str(type(layer).forward.__module__)
    is_torchs = module.startswith("torch.nn.")
    return _has_forward(layer) and not is_torchs and bool(_buffers(layer))


def _can_move(layer: nn.Module) -> bool:
    """Return whether a layer may change its buffers in any way."""
    tests = (_stops_in_evaluation, _moves_in_evaluation, _could_write)
    return any(test(layer) for test in tests)


# To keep the buffers of a layer from changing, `freeze` stores the functions below as
# attributes of the layer. These attributes hide the methods of its class. The class
# itself stays the same, because many tools check it. The attributes work with copy,
# pickle and torch.compile.


def _stay_in_evaluation(layer: Any, mode: bool = True) -> Any:
    """Replace `train`: pass the mode to the layers inside, but stay in evaluation mode.

    The mode is stored, so that `_release` can set it.
    """
    layer._held["mode"] = mode
    type(layer).train(layer, mode)
    layer.training = False
    return layer


def _keep_running_stats() -> None:
    """Replace `reset_running_stats`, which torch's `update_bn` calls: do nothing."""


def _on_copies(layer: Any, always: bool, *args: Any, **kwargs: Any) -> Any:
    """Replace `forward`: call it while copies stand in for the buffers.

    Unless `always` is true, copy the buffers only in training mode.
    """
    # Another library's wrapper of `forward` may still call this after `_release`.
    is_held = hasattr(layer, "_held")
    if not (is_held and (always or layer._held.get("mode", layer.training))):
        return type(layer).forward(layer, *args, **kwargs)
    originals = _buffers(layer)
    # Compiled code can't assign new parameters, so there is nothing to restore.
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
            # grown, so keep it: the layer needs it.
            if always or (now is not None and now.shape == buffer.shape):
                setattr(owner, name, buffer)
        # Some codebooks replace a parameter in each forward pass.
        for owner, name, parameter in parameters:
            owner._parameters[name] = parameter


def _refuse_script(layer: nn.Module) -> None:
    """Raise an error. `torch.jit.script` calls this before it compiles the layer."""
    raise TypeError(
        f"torch.jit.script would build a {type(layer).__name__} that is not frozen: "
        "call restore() or unfreeze() first"
    )


def _hold(layer: Any) -> bool:
    """Freeze the buffers of a layer, and return whether that changed anything."""
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
        raise TypeError(
            f"another library replaced {other} of {name}: freeze the model before that"
        )
    layer.__dict__.update(methods, _held={**held, "methods": methods})
    layer.training = layer.training and "mode" not in held
    return True


def _release(layer: Any) -> bool:
    """Undo `_hold` for a layer, and return whether that changed anything."""
    if not hasattr(layer, "_held"):
        return False
    held = layer.__dict__.pop("_held")
    for name, method in held["methods"].items():
        if layer.__dict__.get(name) is method:  # not a wrapper from another library
            del layer.__dict__[name]
    layer.training = held.get("mode", layer.training)
    return True


# What a pattern selects


def _check(module: Any) -> nn.Module:
    """Return the model without the `torch.compile` wrapper, or raise an error."""
    if not isinstance(module, nn.Module):
        raise TypeError(f"expected a Module, got {type(module).__name__}")
    if any(map(is_lazy, [*module.parameters(), *module.buffers()])):
        raise ValueError("the model has lazy layers: run one batch through it first")
    model: nn.Module = getattr(module, "_orig_mod", module)
    return model


def _matches(pattern: Any, name: str, item: object) -> bool:
    """Return whether a pattern selects a module, parameter or buffer with this name."""
    if isinstance(pattern, str):
        return fnmatch.fnmatchcase(name, pattern)
    if isinstance(pattern, re.Pattern):
        return name != "" and pattern.search(name) is not None
    return item is getattr(pattern, "_orig_mod", pattern)


def _contents(item: nn.Module | nn.Parameter) -> set[int]:
    """Return the ids of everything that training can change in a module or parameter.

    These are parameters, and layers with buffers.
    """
    if isinstance(item, nn.Parameter):
        return {id(item)}
    layers = {id(layer) for layer in item.modules() if _can_move(layer)}
    return layers.union(map(id, item.parameters()))


def _select(module: nn.Module, patterns: Iterable[Any]) -> set[int]:
    """Return the ids of the parameters and layers that the patterns select."""
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
    """Return a message that says why a pattern selects nothing, and what to do."""
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
    """Add the ids of layers whose parameters you selected one by one.

    Call it after the ``requires_grad`` flags of the parameters have changed.
    """
    for part in module.modules():
        inside = set(map(id, part.parameters()))
        own = list(part.parameters(recurse=False))
        # If all parameters in a module are selected, so is the module.
        if inside and inside <= selected:
            selected |= _contents(part)
        # If all parameters of a layer are frozen now, freeze its buffers too. If one of
        # them isn't frozen anymore, unfreeze the layer's buffers too.
        elif selected & set(map(id, own)) and on != any(p.requires_grad for p in own):
            selected.add(id(part))
    # If two layers share a buffer and one is selected, select the other too. Tied
    # parameters work the same way.
    shared: set[int] = set()
    for layer in module.modules():
        if id(layer) in selected:
            shared |= set(map(id, layer.buffers(recurse=False)))
    for layer in module.modules():
        if any(id(buffer) in shared for buffer in layer.buffers(recurse=False)):
            selected.add(id(layer))


# When DistributedDataParallel wraps a model, it decides which gradients to average. The
# model has no reference to its wrapper, and searching all objects in a large process
# takes seconds. So we use a global hook, which torch calls whenever a module becomes
# part of another one. The hook takes less time than the rest of the registration, and
# it costs nothing during training.

_wrappers: weakref.WeakSet[DistributedDataParallel] = weakref.WeakSet()


def _note_wrapper(module: nn.Module, name: str, submodule: nn.Module | None) -> None:
    """Remember a module if it is a DistributedDataParallel wrapper."""
    if isinstance(module, DistributedDataParallel):
        _wrappers.add(module)


register_module_module_registration_hook(_note_wrapper)


def _is_wrapped(module: nn.Module, selected: set[int]) -> bool:
    """Return whether a DistributedDataParallel wrapper has a selected parameter."""
    wrappers = [m for m in module.modules() if isinstance(m, DistributedDataParallel)]
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        wrappers += _wrappers
    return any(id(p) in selected for wrapper in wrappers for p in wrapper.parameters())


def _refuse_wrapped(module: nn.Module, selected: set[int]) -> None:
    """Raise an error if a DistributedDataParallel wrapper has a selected parameter."""
    if _is_wrapped(module, selected):
        gc.collect()  # free a wrapper that is no longer used but is part of a cycle
    if _is_wrapped(module, selected):
        raise TypeError(
            "DistributedDataParallel averages only the gradients of parameters that "
            "were trainable when it wrapped the model: freeze or unfreeze before that, "
            "or wrap the model again"
        )


# The public functions


def _set(parameter: nn.Parameter, trainable: bool) -> bool:
    """Freeze or unfreeze a parameter, and return whether ``requires_grad`` changed."""
    before = parameter.requires_grad
    if parameter.is_floating_point() or parameter.is_complex():  # integers can't train
        parameter.requires_grad_(trainable)
    if not trainable:
        # If the parameter kept a gradient, even one of zeros, momentum and weight decay
        # would change the parameter.
        parameter.grad = None
    return bool(parameter.requires_grad != before)


class Frozen(AbstractContextManager["Frozen"]):
    """Report what `freeze` changed, and restore it.

    Use it in a ``with`` statement to restore the model at the end of the block. Print
    it to get a table with the number of frozen and trainable elements in each part.

    Attributes:
        names: Names of the parameters that became frozen.
        numel: Number of elements in these parameters.
        layers: Names of the layers whose buffers became frozen.

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
        """Let parameters train and buffers change again, if they could before `freeze`.

        The values of parameters and buffers stay as they are. A second call does
        nothing.

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
    """Freeze (``on=True``) or unfreeze what the patterns select.

    Without patterns, select the whole model.
    """
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
    """Freeze parts of a model, so that training doesn't change them.

    The selected parameters get ``requires_grad=False`` and lose their gradients. What
    happens to buffers depends on the layer:

    - A layer with a buffer called ``running_…`` or with spectral norm stays in
      evaluation mode. The layers inside it still follow ``train()``.
    - Any other layer with buffers, if it isn't from ``torch.nn``, still follows
      ``train()``. In training mode, its forward pass uses copies of the buffers. If the
      forward pass changes the shape of a buffer, the buffer is treated as a cache and
      keeps its new value.
    - Observers and fake-quantize layers record nothing, even in evaluation mode.

    Everything else, such as dropout, works as before. `freeze` can't protect tensors
    that are plain attributes, or buffers that code outside the layer changes.

    Modules, classes, parameters and state dict keys stay the same, so `torch.compile`,
    `torch.fx`, `copy.deepcopy` and ``pickle`` work as before. If a tool builds new
    layers, they might not be frozen, so freeze the model that the tool returns.

    For the problem that this solves, see
    https://github.com/pytorch/pytorch/issues/66073.

    Args:
        module: Model to freeze. Freeze it before `DistributedDataParallel` wraps it.
        *patterns: Patterns that select what to freeze, as described at the top of this
            file. By default, everything is frozen.
        norm_stats: Whether to freeze running statistics too.

    Returns:
        Report of what changed. Call its ``restore()`` to undo the change.

    Raises:
        ValueError: If a pattern selects nothing, or the model has lazy layers.
        TypeError: If a pattern has an unsupported type, if the model is wrapped or
            scripted, or if another library has replaced a layer's ``forward`` or
            ``train``.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
        >>> frozen = freeze(model, "0", re.compile("^1[.]"))
        >>> frozen.names, frozen.layers
        (['0.weight', '0.bias', '1.weight', '1.bias'], ['1'])
    """
    return _change(module, patterns, on=True, norm_stats=norm_stats)


def unfreeze(module: nn.Module, *patterns: Pattern) -> list[str]:
    """Make parameters trainable, and let the buffers of their layers change again.

    Args:
        module: Model to unfreeze. Do this before `DistributedDataParallel` wraps it.
            Otherwise the weights would differ between the ranks.
        *patterns: Patterns that select what to unfreeze, as in `freeze`. By default,
            everything is unfrozen.

    Returns:
        Names of the parameters that were frozen before.

    Raises:
        ValueError: If a pattern selects nothing, or the model has lazy layers.
        TypeError: If a pattern has an unsupported type, or the model is wrapped.

    Example:
        >>> model = nn.Linear(4, 3).requires_grad_(False)
        >>> unfreeze(model, "b*")
        ['bias']
    """
    return _change(module, patterns, on=False).names


def freeze_norm_stats(module: nn.Module, on: bool = True) -> list[str]:
    """Freeze the running statistics of all norm layers, or let them change again.

    Args:
        module: Model with the norm layers. Its parameters stay trainable.
        on: True to freeze the statistics, False to let them change again.

    Returns:
        Names of the layers that this changed.

    Raises:
        ValueError: If the model has lazy layers.
        TypeError: If a norm layer is scripted, or if another library has replaced one
            of its methods.

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
    """Add the trainable parameters that an optimizer doesn't have yet, as a new group.

    After that, create the learning rate scheduler again. An existing one may ignore the
    new group or fail.

    Args:
        optimizer: Optimizer of the model. It doesn't change if it already has all
            trainable parameters.
        module: Model, wrapped or not, in which you have unfrozen parameters.
        **group: Options of the new group, such as ``lr=1e-4``.

    Returns:
        Names of the parameters that were added.

    Raises:
        ValueError: If the model has lazy layers.

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
    """Add a parameter group to an optimizer.

    Since torch 2.6, either all groups of an optimizer have parameter names or none do.
    """
    params = parameters.items() if with_names else parameters.values()
    optimizer.add_param_group({**options, "params": list(params)})


def _unwrapped(module: Any) -> nn.Module:
    """Return the model without the wrappers that change the names of its parameters."""
    while isinstance(module, DistributedDataParallel) or hasattr(module, "_orig_mod"):
        module = module._orig_mod if hasattr(module, "_orig_mod") else module.module
    return _check(module)


def optimizer_state(
    optimizer: torch.optim.Optimizer, module: nn.Module
) -> dict[str, Any]:
    """Return the state dict of an optimizer together with the parameter names.

    An optimizer's own state dict identifies parameters by number, in the order in which
    you added them. After gradual unfreezing, you could load it only into an optimizer
    that got its parameters in the same order.

    Args:
        optimizer: Optimizer whose state you want to save.
        module: Model that the optimizer trains, wrapped or not.

    Returns:
        ``optimizer.state_dict()`` with the additional key ``"names"``. Its value is a
        list. The name of parameter ``n`` in the state dict is at index ``n``.

    Raises:
        ValueError: If the optimizer has a parameter that is not in the model, or the
            model has lazy layers.

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
        # Remove the optimizer's own names, which only some optimizers have.
        group.pop("param_names", None)
    return {**state, "names": [name_of[id(parameter)] for parameter in parameters]}


def load_optimizer_state(
    optimizer: torch.optim.Optimizer, module: nn.Module, state: dict[str, Any]
) -> None:
    """Load a state from `optimizer_state`, even if the groups have changed since then.

    The parameter groups in the state replace the groups of the optimizer. The state
    doesn't say which parameters are frozen, so call `unfreeze` for the same parts as in
    the saved run. If you unfreeze more parts after that, call `add_trainable`. Create
    the learning rate scheduler last.

    Args:
        optimizer: Optimizer of the same class as the saved one.
        module: Model that the optimizer trains, wrapped or not.
        state: State that `optimizer_state` returned.

    Raises:
        ValueError: If a parameter in the state is not in the model, or the model has
            lazy layers. In that case, the optimizer stays unchanged.

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
    optimizer.load_state_dict(state)  # this also sets the options of each group
