"""Freezing: frozen parts stay bitwise identical, and restoring undoes it completely."""

import copy
import gc
import io
import pickle
import re

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.freezing import (
    add_trainable,
    freeze,
    freeze_norm_stats,
    load_optimizer_state,
    optimizer_state,
    unfreeze,
)

SIZES = (8, 3, 6, 6)
# torch.ao, TorchScript and the compiler give different warnings in each release.
warns_of_old_tools = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"
)
compiles = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
    "ignore:Guards may run slower on Python 3.13.0:RuntimeWarning",
)
RELEASE = tuple(int(part) for part in torch.__version__.split(".")[:2])


class Net(nn.Module):
    """A model whose body has each kind of torch layer that changes its buffers."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 4, 3, padding=1)),
            nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
            nn.SyncBatchNorm(4),
            nn.Flatten(),
            nn.utils.spectral_norm(nn.Linear(144, 5)),
            nn.BatchNorm1d(5, affine=False),
        )
        self.layer1 = nn.Linear(5, 5)
        self.layer10 = nn.Linear(5, 5)
        self.norm = nn.BatchNorm1d(5)
        self.head = nn.Linear(5, 2)

    def forward(self, images):
        hidden = self.layer10(self.layer1(self.body(images)))
        return self.head(self.norm(hidden))


def plain():
    """Return a model without a parametrization, so that it can be pickled."""
    return nn.Sequential(
        nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6)), nn.ReLU(), nn.Linear(6, 2)
    )


def rows():
    return torch.randn(8, 4)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def net():
    return Net()


@pytest.fixture
def process_group():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def bits(module):
    """Return the state dict of a module, with tensors as bytes."""
    return {
        name: tensor.detach().clone().numpy().tobytes()
        for name, tensor in module.state_dict().items()
    }


def train(model, steps=20, optimizer=None, batch=lambda: torch.randn(SIZES)):
    """Train with momentum, weight decay and old gradients, which change parameters."""
    if optimizer is None:
        optimizer = torch.optim.SGD(
            model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1
        )
    for _ in range(steps):
        model.train()
        optimizer.zero_grad(set_to_none=False)
        loss = model(batch()).square().mean()
        loss.backward()
        optimizer.step()
    return optimizer


# Frozen parts don't change


def test_a_frozen_part_is_bit_equal_after_twenty_steps(net):
    # Given an optimizer with momentum, and parameters that still have gradients
    optimizer = train(net, steps=2)
    net(torch.randn(SIZES)).sum().backward()
    # When the body is frozen and training continues
    freeze(net, "body")
    body, rest = bits(net.body), bits(net.head)
    train(net, optimizer=optimizer)
    # Then the body is unchanged, and the rest is not
    assert bits(net.body) == body
    assert bits(net.head) != rest
    assert net.norm.num_batches_tracked == 23


def test_the_output_of_a_frozen_part_is_that_of_evaluation_mode(net):
    train(net, steps=2)
    images = torch.randn(SIZES)
    before = net.eval().body(images)
    freeze(net, "body")
    expected = net.eval().body(images)
    assert torch.equal(net.train().body(images), expected)
    assert torch.allclose(expected, before, atol=1e-6)
    # One sample alone gives the same output, so it doesn't depend on the batch.
    assert torch.allclose(net.body(images[:1]), expected[:1], atol=1e-6)


def test_modules_classes_parameters_and_state_dict_keys_stay_the_same(net):
    parameters = [id(item) for item in net.parameters()]
    modules = [(id(item), type(item)) for item in net.modules()]
    keys = list(net.state_dict())
    freeze(net)
    assert [id(item) for item in net.parameters()] == parameters
    assert [(id(item), type(item)) for item in net.modules()] == modules
    assert list(net.state_dict()) == keys


@pytest.mark.parametrize(
    "copied",
    [
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
        lambda model: torch.load(saved(model), weights_only=False),
    ],
    ids=["deepcopy", "pickle", "torch.save"],
)
def test_copies_stay_frozen(copied):
    model = plain()
    freeze(model, "0")
    other = copied(model)
    train(other, batch=rows)
    assert bits(other[0]) == bits(model[0])
    assert bits(other[2]) != bits(model[2])


def saved(model):
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    return file


def test_deepcopy_of_a_parametrized_model_stays_frozen(net):
    freeze(net, "body")
    other = copy.deepcopy(net)
    train(other)
    assert bits(other.body) == bits(net.body)


@compiles
def test_compiled_models_stay_frozen_and_have_no_graph_break():
    model = plain()
    freeze(model, "0.1")
    frozen = bits(model[0][1])
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    train(compiled, steps=3, batch=rows)
    assert bits(model[0][1]) == frozen
    # To freeze a compiled model, use the names in the model itself.
    assert freeze(compiled, "0").names == ["0.0.weight", "0.0.bias"]
    frozen, head = bits(model[0]), bits(model[2])
    train(compiled, steps=3, batch=rows)
    assert bits(model[0]) == frozen
    assert bits(model[2]) != head
    torch.compiler.reset()


def test_update_bn_does_not_change_frozen_statistics(net):
    train(net, steps=2)
    freeze(net, "body")
    body, norm = bits(net.body), bits(net.norm)
    torch.optim.swa_utils.update_bn([torch.randn(SIZES)], net)
    assert bits(net.body) == body
    assert bits(net.norm) != norm


def test_a_layer_is_frozen_once_all_of_its_parameters_are(net):
    freeze(net, *net.norm.parameters())
    assert not net.train().norm.training
    unfreeze(net)
    freeze(net, "norm.weight")
    assert net.train().norm.training, "a layer with one frozen parameter is not frozen"
    freeze(net, "norm.bias")
    assert not net.train().norm.training


# Every buffer that can change is frozen


class EvoNorm(nn.Module):
    """A norm layer that has a variance but no mean."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))
        self.register_buffer("running_var", torch.ones(4))

    def forward(self, x):
        if self.training:
            self.running_var.lerp_(x.detach().var(0), 0.1)
        return x / self.running_var.sqrt() * self.weight


class Codebook(nn.Module):
    """A layer that counts in training how much each code is used."""

    def __init__(self, persistent=True):
        super().__init__()
        self.register_buffer("used", torch.zeros(4), persistent)

    def forward(self, x):
        if self.training:
            self.used.lerp_(x.detach().abs().sum(0), 0.1)
        return x + self.used


class Counter(nn.Module):
    """A layer that changes one buffer in place and one by assignment, in any mode."""

    def __init__(self):
        super().__init__()
        self.register_buffer("batches", torch.zeros(()))
        self.register_buffer("center", torch.zeros(4))

    def forward(self, x):
        self.batches += 1
        self.center = self.center * 0.9 + x.detach().mean(0) * 0.1
        return x - self.center


class Stored(nn.Module):
    """A layer with its buffer in a module that has no forward pass."""

    def __init__(self):
        super().__init__()
        self.memory = nn.Module()
        self.memory.register_buffer("queue", torch.zeros(8, 4))

    def forward(self, x):
        if self.training:
            self.memory.queue.copy_(x.detach())
        return x + self.memory.queue.mean(0)


class Smoothed(nn.Module):
    """A parametrization with a moving average."""

    def __init__(self):
        super().__init__()
        self.register_buffer("average", torch.zeros(4, 4))

    def forward(self, weight):
        if self.training:
            self.average.lerp_(weight.detach(), 0.1)
        return weight - self.average


def smoothed():
    layer = nn.Linear(4, 4)
    nn.utils.parametrize.register_parametrization(layer, "weight", Smoothed())
    return layer


def traced():
    return torch.fx.symbolic_trace(nn.Sequential(Codebook(), nn.BatchNorm1d(4)))


KINDS = {
    "running_var": EvoNorm,
    "code book": Codebook,
    "not persistent": lambda: Codebook(persistent=False),
    "in each pass": Counter,
    "stored": Stored,
    "parametrization": smoothed,
    "traced": traced,
    "momentum None": lambda: nn.BatchNorm1d(4, momentum=None),
    "without weight": lambda: nn.BatchNorm1d(4, affine=False),
    "spectral norm": lambda: nn.utils.spectral_norm(nn.Linear(4, 4)),
    "spectral norm, new": lambda: nn.utils.parametrizations.spectral_norm(
        nn.Linear(4, 4)
    ),
}
for name in (
    "MinMaxObserver",
    "HistogramObserver",
    "PerChannelMinMaxObserver",
    "FakeQuantize",
    "FusedMovingAvgObsFakeQuantize",
):
    if observer := getattr(torch.ao.quantization, name, None):
        KINDS[name] = observer


def with_part(part):
    return nn.Sequential(nn.Sequential(nn.Linear(4, 4), part), nn.Linear(4, 2))


def buffers(module):
    """Return copies of all buffers, even of those that aren't in the state dict."""
    return {name: buffer.clone() for name, buffer in module.named_buffers()}


def moved(module, before):
    """Return the names of the buffers that differ from `before`."""
    return [
        name
        for name, buffer in module.named_buffers()
        if buffer.shape != before[name].shape or not torch.equal(buffer, before[name])
    ]


@warns_of_old_tools
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_buffer_is_frozen_and_can_be_restored(kind):
    model = with_part(KINDS[kind]())
    # Given a layer that changes its buffers
    before = buffers(model)
    train(model, steps=2, batch=rows)
    assert moved(model, before)
    # When it is frozen, then it doesn't, and the report names the layer
    before = buffers(model)
    frozen = freeze(model, "0")
    assert frozen.layers
    train(model, steps=3, batch=rows)
    assert moved(model, before) == []
    # When it is restored, then it does again
    frozen.restore()
    model.train()(100 * rows())
    assert moved(model, before)


@warns_of_old_tools
@pytest.mark.skipif(
    "FakeQuantize" not in KINDS, reason="this release has no torch.ao.quantization"
)
def test_frozen_observers_stay_off_in_evaluation_mode_and_after_enable_observer():
    ao = torch.ao.quantization
    for observer in (ao.FakeQuantize(), ao.HistogramObserver()):
        model = with_part(observer)
        model(rows())
        before = buffers(model)
        frozen = freeze(model, "0.1")
        model.apply(ao.enable_observer)
        model.eval()(100 * rows())
        assert moved(model, before) == []
        frozen.restore()
        model(100 * rows())
        assert moved(model, before)


class ReplacedCodebook(nn.Module):
    """A layer that replaces its parameters in training, as in many VQ-VAEs."""

    def __init__(self):
        super().__init__()
        self.codes = nn.Embedding(4, 4)
        self.sums = nn.Parameter(torch.ones(4, 4))
        self.register_buffer("used", torch.ones(4))

    def forward(self, x):
        if self.training:
            self.used = self.used * 0.9 + 0.1
            self.sums = nn.Parameter(self.sums * 0.9 + x.detach().mean() * 0.1)
            self.codes.weight = nn.Parameter(self.sums / self.used.unsqueeze(1))
        return x @ self.codes.weight


def test_parameters_that_a_forward_pass_replaces_are_frozen():
    model = with_part(ReplacedCodebook())
    before = bits(model[0])
    frozen = freeze(model, "0")
    train(model, steps=2, batch=rows)
    assert bits(model[0]) == before
    assert not any(parameter.requires_grad for parameter in model[0].parameters())
    frozen.restore()
    train(model, steps=2, batch=rows)
    assert bits(model[0][1]) != before


def test_a_layer_with_only_running_var_is_frozen_in_evaluation_mode():
    model = with_part(EvoNorm())
    freeze(model, "0")
    batch = rows()
    expected = model.eval()(batch)
    assert torch.equal(model.train()(batch), expected)


def test_freezing_all_parameters_of_a_part_freezes_its_buffers():
    model = with_part(Codebook())
    assert freeze(model, *model[0].parameters()).layers == ["0.1"]


def test_a_star_selects_everything():
    model = Codebook()
    model.head = nn.Linear(4, 2)
    assert freeze(model, "*").layers == [""]


def test_a_buffer_that_two_layers_share_is_frozen_in_both():
    model = nn.Sequential(nn.BatchNorm1d(4), nn.BatchNorm1d(4), nn.BatchNorm1d(4))
    model[1].running_mean = model[0].running_mean
    for layer in (model[0], model[2]):
        layer.register_buffer("nothing", None)
    before = buffers(model[1])
    assert freeze(model, "0").layers == ["0", "1"]
    train(model, steps=2, batch=rows)
    assert moved(model[1], before) == []
    assert model[1].weight.requires_grad
    assert model[2].num_batches_tracked == 2


# Everything else works as before


class Attention(nn.Module):
    """A layer with a mask that never changes, and with a dropout function."""

    def __init__(self, size=4):
        super().__init__()
        self.register_buffer("mask", torch.ones(size))

    def forward(self, x):
        return nn.functional.dropout(x * self.mask, 0.5, self.training)


class Positions(nn.Module):
    """A layer with a cache that grows with the batch."""

    def __init__(self):
        super().__init__()
        self.register_buffer("table", torch.zeros(1, 4), persistent=False)
        self.rows = 1

    def forward(self, x):
        if len(x) > self.rows:
            self.rows = len(x)
            self.table = torch.ones(self.rows, 4)
        return x + self.table[: len(x)]


class Policy(nn.Module):
    """A model that normalizes its input with its own running statistics."""

    def __init__(self):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(4))
        self.body = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.BatchNorm1d(4))

    def forward(self, x):
        if self.training:
            self.running_mean.lerp_(x.detach().mean(0), 0.1)
        return self.body(x - self.running_mean)


def test_layers_with_constant_buffers_follow_train():
    model = nn.Sequential(nn.Linear(4, 4), Attention())
    mask = model[1].mask
    freeze(model)
    batch = rows()
    assert model.train()[1].training
    assert not torch.equal(model(batch), model(batch)), "dropout is on"
    assert model[1].mask is mask
    model.eval()
    assert torch.equal(model(batch), model(batch)), "dropout is off"


def test_dropout_in_a_frozen_part_stays_on():
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.BatchNorm1d(4))
    freeze(model)
    assert [layer.training for layer in model.train()] == [True, True, False]


def test_a_cache_in_a_frozen_part_can_grow():
    model = nn.Sequential(nn.Linear(4, 4), Positions())
    freeze(model)
    model.train()
    for count in (3, 5, 4):
        assert model(torch.randn(count, 4)).shape == (count, 4)
    assert model[1].table.shape == (5, 4)


@pytest.mark.parametrize("change", [freeze, lambda model: freeze_norm_stats(model)])
def test_layers_in_a_model_with_running_statistics_follow_train(change):
    model = Policy()
    change(model)
    model.train()
    assert model.body[1].training
    assert not model.body[2].training
    model(rows())
    assert model.running_mean.count_nonzero() == 0
    assert not model.eval().body[1].training
    assert model.train().body.training


def test_freeze_norm_stats_leaves_codebooks_and_spectral_norms_alone(net):
    model = nn.Sequential(EvoNorm(), Codebook(), net.body[7], net.body[3])
    assert freeze_norm_stats(model) == ["0"]


def test_without_norm_stats_freeze_still_freezes_other_buffers():
    model = nn.Sequential(nn.BatchNorm1d(4), Codebook())
    assert freeze(model, norm_stats=False).layers == ["1"]
    model.train()(rows())
    assert model[0].num_batches_tracked == 1
    assert model[1].used.count_nonzero() == 0


# Tools that check the classes of layers


def vision():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())


def images():
    return torch.randn(2, 3, 8, 8)


def test_fx_can_trace_a_frozen_model_and_the_trace_is_frozen():
    model = vision()
    expected = [
        (node.op, node.target) for node in torch.fx.symbolic_trace(model).graph.nodes
    ]
    freeze(model)
    module = torch.fx.symbolic_trace(model)
    assert [(node.op, node.target) for node in module.graph.nodes] == expected
    before = buffers(model)
    module.train()(images())
    assert moved(model, before) == []


def test_a_tracer_finds_the_leaf_modules_of_a_frozen_model():
    class Features(torch.fx.Tracer):
        def is_leaf_module(self, m, module_qualified_name):
            return isinstance(m, Attention) or super().is_leaf_module(
                m, module_qualified_name
            )

    model = nn.Sequential(nn.Linear(4, 4), Attention(), nn.BatchNorm1d(4))
    freeze(model)
    targets = [node.target for node in Features().trace(model).nodes]
    assert targets[1:4] == ["0", "1", "2"]


@warns_of_old_tools
def test_a_frozen_model_can_be_fused():
    model = vision().eval()
    train(model, steps=1, batch=images)
    batch = images()
    freeze(model)
    expected = model.eval()(batch)
    fused = nn.utils.fusion.fuse_conv_bn_eval(model[0], model[1])
    assert torch.allclose(fused(batch).relu(), expected, atol=1e-5)
    if hasattr(torch.ao.quantization, "fuse_modules"):
        fused = torch.ao.quantization.fuse_modules(model, [["0", "1", "2"]])
        assert torch.allclose(fused(batch), expected, atol=1e-5)


@warns_of_old_tools
@pytest.mark.skipif(
    not hasattr(torch.ao.quantization, "prepare_qat"),
    reason="this release has no torch.ao.quantization",
)
def test_a_frozen_model_can_be_prepared_for_quantization_aware_training():
    ao = torch.ao.quantization
    model = vision()
    freeze(model)
    model.qconfig = ao.get_default_qat_qconfig("fbgemm")
    prepared = ao.prepare_qat(model.train())
    assert isinstance(prepared[0], torch.ao.nn.qat.Conv2d)
    prepared(images())
    # The tool returns new layers, so freeze them too.
    before = buffers(prepared)
    freeze(prepared)
    train(nn.Sequential(prepared, nn.Conv2d(4, 2, 1)), steps=2, batch=images)
    assert moved(prepared, before) == []


@warns_of_old_tools
def test_a_frozen_model_can_be_exported_and_traced():
    model = nn.Sequential(vision(), Attention(6))
    freeze(model)
    batch = images()
    expected = model.eval()(batch)
    exported = torch.export.export(model, (batch,)).module()
    assert torch.allclose(exported(batch), expected, atol=1e-6)
    assert torch.allclose(torch.jit.trace(model, batch)(batch), expected, atol=1e-6)
    named = dict(model.named_parameters())
    assert torch.equal(torch.func.functional_call(model, named, (batch,)), expected)


@warns_of_old_tools
def test_scripting_a_frozen_model_is_refused():
    model = vision()
    frozen = freeze(model)
    with pytest.raises(TypeError, match=r"that is not frozen: call restore\(\)"):
        torch.jit.script(model)
    frozen.restore()
    assert torch.jit.script(model).eval()(images()).shape == (2, 4, 6, 6)


@warns_of_old_tools
def test_scripted_models_are_refused_and_do_not_change():
    model = nn.Sequential(torch.jit.script(vision()), nn.Linear(2, 2))
    with pytest.raises(TypeError, match="is scripted: freeze the model before"):
        freeze(model)
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert freeze(model, "1").names == ["1.weight", "1.bias"]


def test_a_layer_whose_forward_another_library_replaced_is_refused():
    model = nn.Sequential(nn.Linear(4, 4), Codebook())
    model[1].forward = model[1].forward
    with pytest.raises(TypeError, match=r"library replaced forward of Codebook"):
        freeze(model)
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_restore_keeps_the_wrapper_that_other_code_put_around_forward():
    model = nn.Sequential(nn.Linear(4, 4), Codebook())
    frozen = freeze(model)
    inner = model[1].forward
    model[1].forward = lambda x: inner(x) * 2
    frozen.restore()
    batch = rows()
    model.train()(batch)
    assert model[1].used.count_nonzero() > 0
    assert torch.equal(model.eval()(batch), 2 * (model[0](batch) + model[1].used))


@compiles
@pytest.mark.parametrize("first", ["compile", "freeze"])
def test_buffers_of_compiled_models_are_frozen(first):
    model = with_part(nn.Sequential(Codebook(), Attention()))
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    if first == "compile":
        train(compiled, steps=1, batch=rows)
        assert model[0][1][0].used.count_nonzero() > 0
    before = buffers(model)
    frozen = freeze(model, "0")
    train(compiled, steps=2, batch=rows)
    assert moved(model, before) == []
    frozen.restore()
    train(compiled, steps=1, batch=rows)
    assert moved(model, before) == ["0.1.0.used"]
    torch.compiler.reset()


# What a pattern selects


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("layer1", ["layer1.weight", "layer1.bias"]),
        ("layer1*", ["layer1.weight", "layer1.bias", "layer10.weight", "layer10.bias"]),
        ("layer?.bias", ["layer1.bias"]),
        ("head.weight", ["head.weight"]),
        ("ead.weight*", []),
        (re.compile("^(head|norm)[.]b"), ["norm.bias", "head.bias"]),
        (re.compile("ead[.]w"), ["head.weight"]),
    ],
)
def test_globs_and_regular_expressions_select_names(net, pattern, names):
    if names:
        assert freeze(net, pattern).names == names
    else:
        with pytest.raises(ValueError, match=r"selects nothing: try 'head[.]weight'"):
            freeze(net, pattern)


def test_modules_and_parameters_select_themselves(net):
    frozen = freeze(net, net.head, net.layer1.bias)
    assert frozen.names == ["layer1.bias", "head.weight", "head.bias"]
    assert frozen.numel == 5 + 10 + 2


def test_without_a_pattern_everything_is_selected(net):
    frozen = freeze(net)
    assert frozen.names == [name for name, _ in net.named_parameters()]
    assert not any(item.requires_grad for item in net.parameters())


def test_a_tied_parameter_can_be_selected_by_each_of_its_names():
    model = nn.ModuleDict({"embed": nn.Embedding(5, 3), "head": nn.Linear(3, 5)})
    model["head"].weight = model["embed"].weight
    assert freeze(model, "head.weight").names == ["embed.weight"]


@pytest.mark.parametrize("change", [freeze, unfreeze])
@pytest.mark.parametrize("good", [(), ("head",)])
def test_the_error_suggests_names_if_a_pattern_matches_nothing(net, change, good):
    flags = [item.requires_grad for item in net.parameters()]
    with pytest.raises(ValueError, match="'layr1' selects nothing: try 'layer1'"):
        change(net, *good, "layr1")
    assert [item.requires_grad for item in net.parameters()] == flags


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("body.2", "'body.2' selects 'body.2': no parameter or buffer in it can move"),
        (re.compile("y.2$"), "'y.2$' selects 'body.2': no parameter or buffer in it"),
        ("norm.running_mean", "selects the buffer 'norm.running_mean': select 'norm'"),
        (nn.Linear(2, 2), "this Linear is not in the model: select one of its"),
        (nn.Linear(2, 2).bias, "this Parameter is not in the model: select one"),
        (re.compile("^zzz"), "'^zzz' selects nothing: try a name of named_modules()"),
    ],
)
def test_the_error_says_why_a_pattern_selects_nothing(net, pattern, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        freeze(net, pattern)


@pytest.mark.parametrize("pattern", [["head"], 3, torch.zeros(2), None])
def test_patterns_of_other_types_are_refused(net, pattern):
    kind = type(pattern).__name__
    with pytest.raises(TypeError, match=f"a pattern can't be a {kind}: pass a glob"):
        freeze(net, pattern)


def test_lazy_models_and_values_that_are_not_models_are_refused():
    with pytest.raises(ValueError, match="run one batch"):
        freeze(nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d()))
    with pytest.raises(TypeError, match="expected a Module, got generator"):
        freeze(nn.Linear(2, 2).parameters())


# Restoring


def flags(model):
    return [
        (type(item), item.training)
        if isinstance(item, nn.Module)
        else item.requires_grad
        for item in [*model.modules(), *model.parameters()]
    ]


def test_restore_keeps_what_was_frozen_before(net):
    net.layer1.requires_grad_(False)
    freeze_norm_stats(net.norm)
    before = flags(net)
    frozen = freeze(net)
    assert flags(net) != before
    frozen.restore()
    assert flags(net) == before


def test_a_second_restore_does_nothing(net):
    frozen = freeze(net, "head")
    frozen.restore()
    net.head.requires_grad_(False)
    frozen.restore()
    assert not net.head.weight.requires_grad


def test_restored_layers_get_the_mode_that_was_set_last(net):
    frozen = freeze(net.train())
    net.eval()
    frozen.restore()
    assert not net.norm.training
    frozen = freeze(net)
    net.train()
    frozen.restore()
    assert net.norm.training
    train(net, steps=1)
    assert net.norm.num_batches_tracked == 1


def test_a_with_block_restores_after_an_error(net):
    before = flags(net)
    with pytest.raises(KeyError), freeze(net, "body"):
        raise KeyError
    assert flags(net) == before


def test_with_blocks_can_be_nested(net):
    before = flags(net)
    with freeze(net, "body"):
        inside = flags(net)
        with freeze(net):
            pass
        assert flags(net) == inside
    assert flags(net) == before


def test_unfreeze_undoes_freeze(net):
    before = flags(net)
    names = freeze(net).names
    assert unfreeze(net) == names
    assert flags(net) == before
    assert unfreeze(net) == []


def test_unfreeze_leaves_integer_parameters_alone():
    model = nn.Linear(2, 2)
    model.codes = nn.Parameter(torch.zeros(2, dtype=torch.int8), requires_grad=False)
    freeze(model)
    assert unfreeze(model) == ["weight", "bias"]


def test_the_report_names_what_changed(net):
    net.head.requires_grad_(False)
    frozen = freeze(net, "body", "head")
    assert "head.weight" not in frozen.names
    assert "body.0.weight" in frozen.names
    assert {"body.1", "body.4", "body.5", "body.7", "body.8"} < set(frozen.layers)
    parts = {row.split()[0]: row.split()[1:] for row in str(frozen).splitlines()}
    assert parts["head"] == ["12", "0"]
    assert parts["layer1"] == ["0", "30"]
    total = sum(item.numel() for item in net.parameters())
    assert parts["all"] == [f"{total - 70:,}", "70"]


def test_freeze_norm_stats_freezes_statistics_and_not_weights(net):
    train(net, steps=1)
    names = freeze_norm_stats(net)
    assert {"body.1", "body.5", "body.8", "norm"} < set(names)
    assert freeze_norm_stats(net) == []
    statistics, weight = bits(net.norm)["running_mean"], bits(net.norm)["weight"]
    train(net, steps=2)
    assert bits(net.norm)["running_mean"] == statistics
    assert bits(net.norm)["weight"] != weight
    assert freeze_norm_stats(net, on=False) == names
    train(net, steps=1)
    assert bits(net.norm)["running_mean"] != statistics


# DistributedDataParallel


def test_wrapped_models_are_refused(net, process_group):
    frozen = freeze(net, "head")
    net.body = nn.Linear(1, 1)
    wrapped = DistributedDataParallel(net)
    before = flags(net)
    for model in (wrapped, wrapped.module, nn.Sequential(wrapped)):
        for change in (freeze, unfreeze):
            with pytest.raises(TypeError, match="before that, or wrap the model"):
                change(model)
    with pytest.raises(TypeError, match="before that, or wrap the model"):
        frozen.restore()
    assert flags(net) == before
    # Another model can be frozen, and so can this one once the wrapper is deleted.
    freeze(nn.Linear(2, 2))
    del wrapped, model
    frozen.restore()
    assert net.head.weight.requires_grad


def test_the_search_for_a_wrapper_does_not_visit_all_objects(
    net, process_group, monkeypatch
):
    def refuse(*_):
        raise AssertionError("visits all objects in the process")

    for name in ("get_objects", "get_referrers", "collect"):
        monkeypatch.setattr(gc, name, refuse)
    other = DistributedDataParallel(nn.Linear(2, 2))
    freeze(net).restore()
    assert other.module.weight.requires_grad


def test_a_model_frozen_before_wrapping_can_be_trained(net, process_group):
    net.body[5] = nn.BatchNorm2d(4)  # DDP refuses SyncBatchNorm on a CPU
    freeze(net, "body")
    body, head = bits(net.body), bits(net.head)
    train(DistributedDataParallel(net), steps=2)
    assert bits(net.body) == body
    assert bits(net.head) != head


# Optimizers


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.AdamW])
def test_unfrozen_parameters_are_added_to_the_optimizer_once(net, optimizer):
    freeze(net, "body", "layer1")
    trainable = [item for item in net.parameters() if item.requires_grad]
    optimizer = optimizer(trainable, lr=0.1)
    assert add_trainable(optimizer, net, lr=0.01) == []
    assert len(optimizer.param_groups) == 1
    unfreeze(net, "layer1")
    before = bits(net.layer1)
    assert add_trainable(optimizer, net, lr=0.01) == ["layer1.weight", "layer1.bias"]
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.01]
    train(net, steps=1, optimizer=optimizer)
    assert bits(net.layer1) != before


def test_parameters_with_equal_values_are_not_confused():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].load_state_dict(model[0].state_dict())
    optimizer = torch.optim.SGD(model[0].parameters(), lr=0.1)
    assert add_trainable(optimizer, model) == ["1.weight", "1.bias"]


@pytest.mark.skipif(RELEASE < (2, 6), reason="needs torch 2.6: optimizers take names")
def test_an_optimizer_with_parameter_names_gets_the_new_names():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    optimizer = torch.optim.SGD(model[0].named_parameters(), lr=0.1)
    add_trainable(optimizer, model)
    assert optimizer.param_groups[1]["param_names"] == ["1.weight", "1.bias"]


# Resume after gradual unfreezing


MAKERS = {
    "SGD": lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.9),
    "AdamW": lambda params: torch.optim.AdamW(params, lr=0.01, amsgrad=True),
    "RMSprop": lambda params: torch.optim.RMSprop(params, lr=0.01, centered=True),
}


def gradual(make):
    """Return a model that was unfrozen from top to bottom, and its optimizer."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    freeze(model, "0", "1")
    optimizer = make(model[2].parameters())
    for count, part in enumerate(("1", "0")):
        train(model, steps=2, optimizer=optimizer, batch=rows)
        unfreeze(model, part)
        add_trainable(optimizer, model, lr=0.01 / (1 + count))
    return model, optimizer


@pytest.mark.parametrize("stepped", [0, 2], ids=["at once", "after steps"])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_state_is_loaded_by_name_whatever_groups_the_optimizer_has(make, stepped):
    # Given a run that is saved right after unfreezing, or later
    model, optimizer = gradual(make)
    train(model, steps=stepped, optimizer=optimizer, batch=rows)
    state = pickle.loads(pickle.dumps(optimizer_state(optimizer, model)))
    weights = copy.deepcopy(model.state_dict())
    # When another process has one group with all parameters, in another order
    resumed = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    resumed.load_state_dict(weights)
    other = make(list(resumed.parameters())[::-1])
    load_optimizer_state(other, resumed, state)
    # Then training continues bitwise identical in both
    rates = [group["lr"] for group in optimizer.param_groups]
    assert [group["lr"] for group in other.param_groups] == rates
    for some in ((model, optimizer), (resumed, other)):
        torch.manual_seed(1)
        train(some[0], steps=3, optimizer=some[1], batch=rows)
    assert bits(resumed) == bits(model)


def test_an_optimizer_state_can_be_loaded_with_weights_only():
    model, optimizer = gradual(MAKERS["AdamW"])
    file = io.BytesIO()
    torch.save(optimizer_state(optimizer, model), file)
    file.seek(0)
    state = torch.load(file, weights_only=True)
    assert state["names"] == [
        name for part in "210" for name in (f"{part}.weight", f"{part}.bias")
    ]
    groups = [group["params"] for group in state["param_groups"]]
    assert groups == [[0, 1], [2, 3], [4, 5]]
    assert set(state["state"]) == {0, 1, 2, 3}


@warns_of_old_tools
def test_names_do_not_depend_on_the_wrappers_of_a_model(process_group):
    model, optimizer = gradual(MAKERS["SGD"])
    state = optimizer_state(optimizer, model)
    for wrapped in (DistributedDataParallel(model), torch.compile(model)):
        again = optimizer_state(optimizer, wrapped)
        assert again["names"] == state["names"]
        load_optimizer_state(optimizer, wrapped, again)


def test_the_optimizer_of_another_model_is_refused_and_does_not_change():
    model, optimizer = gradual(MAKERS["SGD"])
    other = nn.Linear(4, 3)
    with pytest.raises(ValueError, match=r"of shape \(4, 4\) that is not in the model"):
        optimizer_state(optimizer, other)
    small = torch.optim.SGD(other.parameters(), lr=0.5)
    before = small.state_dict()
    with pytest.raises(ValueError, match=r"'2.weight', which is not in the model"):
        load_optimizer_state(small, other, optimizer_state(optimizer, model))
    assert small.state_dict() == before


@pytest.mark.skipif(RELEASE < (2, 6), reason="needs torch 2.6: optimizers take names")
@pytest.mark.parametrize("named", [True, False])
def test_a_state_can_be_loaded_with_or_without_parameter_names(named):
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))

    def make(module, named):
        given = module.named_parameters() if named else module.parameters()
        return torch.optim.SGD(given, lr=0.1, momentum=0.9)

    optimizer = make(model, named)
    train(model, steps=1, optimizer=optimizer, batch=rows)
    other = make(model, not named)
    load_optimizer_state(other, model, optimizer_state(optimizer, model))
    assert ("param_names" in other.param_groups[0]) == (not named)
    add_trainable(other, model)
    train(model, steps=1, optimizer=other, batch=rows)
