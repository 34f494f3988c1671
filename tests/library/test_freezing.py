"""What is frozen stays, bit for bit; what is restored is as it was."""

import copy
import io
import pickle
import re

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.freezing import add_trainable, freeze, freeze_norm_stats, unfreeze

SIZES = (8, 3, 6, 6)
RELEASE = tuple(int(part) for part in torch.__version__.split(".")[:2])


class Net(nn.Module):
    """A convolutional body with each kind of layer whose buffers move, and a head."""

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
    """A model that can be pickled: without a parametrization."""
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
    """All of a module's numbers, as bytes."""
    return {
        name: tensor.detach().clone().numpy().tobytes()
        for name, tensor in module.state_dict().items()
    }


def train(model, steps=20, optimizer=None, batch=lambda: torch.randn(SIZES)):
    """Train with all that could move a parameter: momentum, decay, old gradients."""
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


# What is frozen does not move


def test_twenty_steps_leave_what_is_frozen_bit_equal(net):
    # Given an optimizer with momentum for all parameters, and gradients that are left
    optimizer = train(net, steps=2)
    net(torch.randn(SIZES)).sum().backward()
    # When the body is frozen and training goes on
    freeze(net, "body")
    body, rest = bits(net.body), bits(net.head)
    train(net, optimizer=optimizer)
    # Then nothing in the body has moved, and the rest has
    assert bits(net.body) == body
    assert bits(net.head) != rest
    assert net.norm.num_batches_tracked == 23


def test_freezing_gives_the_output_of_evaluation(net):
    train(net, steps=2)
    images = torch.randn(SIZES)
    before = net.eval().body(images)
    freeze(net, "body")
    expected = net.eval().body(images)
    assert torch.equal(net.train().body(images), expected)
    assert torch.allclose(expected, before, atol=1e-6)
    # One sample alone gives the same: no statistics of the batch are in it.
    assert torch.allclose(net.body(images[:1]), expected[:1], atol=1e-6)


def test_modules_parameters_and_keys_stay_the_same(net):
    parameters = [id(item) for item in net.parameters()]
    modules = [id(item) for item in net.modules()]
    keys = list(net.state_dict())
    freeze(net)
    assert [id(item) for item in net.parameters()] == parameters
    assert [id(item) for item in net.modules()] == modules
    assert list(net.state_dict()) == keys
    assert isinstance(net.body[1], nn.BatchNorm2d)
    assert isinstance(net.body[5], nn.SyncBatchNorm)


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


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
    "ignore:Guards may run slower on Python 3.13.0:RuntimeWarning",
)
def test_compiled_models_stay_frozen_without_a_graph_break():
    model = plain()
    freeze(model, "0.1")
    frozen = bits(model[0][1])
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    train(compiled, steps=3, batch=rows)
    assert bits(model[0][1]) == frozen
    # A compiled model is frozen by the names of the model itself.
    assert freeze(compiled, "0").names == ["0.0.weight", "0.0.bias"]
    frozen, head = bits(model[0]), bits(model[2])
    train(compiled, steps=3, batch=rows)
    assert bits(model[0]) == frozen
    assert bits(model[2]) != head
    torch.compiler.reset()


def test_averaging_statistics_anew_leaves_frozen_ones(net):
    train(net, steps=2)
    freeze(net, "body")
    body, norm = bits(net.body), bits(net.norm)
    torch.optim.swa_utils.update_bn([torch.randn(SIZES)], net)
    assert bits(net.body) == body
    assert bits(net.norm) != norm


def test_statistics_move_if_asked(net):
    freeze(net, "body", norm_stats=False)
    train(net, steps=1)
    assert net.body[1].num_batches_tracked == 1


def test_parameters_one_by_one_freeze_the_layer_that_they_make_up(net):
    freeze(net, *net.norm.parameters())
    assert not net.train().norm.training
    unfreeze(net)
    freeze(net, "norm.weight")
    assert net.train().norm.training, "half a layer is no frozen layer"
    freeze(net, "norm.bias")
    assert not net.train().norm.training


# What a pattern selects


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("layer1", ["layer1.weight", "layer1.bias"]),
        ("layer1*", ["layer1.weight", "layer1.bias", "layer10.weight", "layer10.bias"]),
        ("layer?.bias", ["layer1.bias"]),
        ("head.weight", ["head.weight"]),
        ("ead.weight*", None),
        (re.compile("^(head|norm)[.]b"), ["norm.bias", "head.bias"]),
        (re.compile("ead[.]w"), ["head.weight"]),
    ],
)
def test_globs_and_regular_expressions(net, pattern, names):
    if names is None:
        with pytest.raises(ValueError, match="selects nothing"):
            freeze(net, pattern)
    else:
        assert freeze(net, pattern).names == names


def test_modules_and_parameters(net):
    frozen = freeze(net, net.head, net.layer1.bias)
    assert frozen.names == ["layer1.bias", "head.weight", "head.bias"]
    assert frozen.numel == 5 + 10 + 2


def test_no_pattern_is_all(net):
    frozen = freeze(net)
    assert frozen.names == [name for name, _ in net.named_parameters()]
    assert not any(item.requires_grad for item in net.parameters())


def test_shared_parameters_are_found_by_each_of_their_names():
    model = nn.ModuleDict({"embed": nn.Embedding(5, 3), "head": nn.Linear(3, 5)})
    model["head"].weight = model["embed"].weight
    assert freeze(model, "head.weight").names == ["embed.weight"]


@pytest.mark.parametrize("change", [freeze, unfreeze])
@pytest.mark.parametrize("good", [(), ("head",)])
def test_a_pattern_that_matches_nothing_names_what_is_close(net, change, good):
    flags = [item.requires_grad for item in net.parameters()]
    with pytest.raises(ValueError, match=r"'layr1' selects nothing.*'layer1'"):
        change(net, *good, "layr1")
    assert [item.requires_grad for item in net.parameters()] == flags


@pytest.mark.parametrize("pattern", ["body.2", nn.Linear(2, 2), re.compile("^zzz")])
def test_what_holds_nothing_to_freeze_is_refused(net, pattern):
    with pytest.raises(ValueError, match="selects nothing"):
        freeze(net, pattern)


@pytest.mark.parametrize("pattern", [["head"], 3, torch.zeros(2), None])
def test_other_types_are_no_pattern(net, pattern):
    with pytest.raises(TypeError, match="is no pattern: give a glob"):
        freeze(net, pattern)


def test_lazy_layers_are_refused():
    with pytest.raises(ValueError, match="run one batch"):
        freeze(nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d()))


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="expected a Module, got generator"):
        freeze(nn.Linear(2, 2).parameters())


# What was before comes back


def flags(model):
    return [
        (type(item), item.training)
        if isinstance(item, nn.Module)
        else item.requires_grad
        for item in [*model.modules(), *model.parameters()]
    ]


def test_restore_puts_back_what_was(net):
    net.layer1.requires_grad_(False)
    freeze_norm_stats(net.norm)
    before = flags(net)
    frozen = freeze(net)
    assert flags(net) != before
    frozen.restore()
    assert flags(net) == before


def test_restore_happens_once(net):
    frozen = freeze(net, "head")
    frozen.restore()
    net.head.requires_grad_(False)
    frozen.restore()
    assert not net.head.weight.requires_grad


def test_restored_layers_are_in_the_mode_that_was_asked_for_last(net):
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


def test_a_block_restores_when_it_raises(net):
    before = flags(net)
    with pytest.raises(KeyError), freeze(net, "body"):
        raise KeyError
    assert flags(net) == before


def test_blocks_nest(net):
    before = flags(net)
    with freeze(net, "body"):
        inside = flags(net)
        with freeze(net):
            pass
        assert flags(net) == inside
    assert flags(net) == before


def test_unfreeze_is_the_reverse(net):
    before = flags(net)
    names = freeze(net).names
    assert unfreeze(net) == names
    assert flags(net) == before
    assert unfreeze(net) == []


def test_unfreeze_leaves_integers():
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


def test_norm_statistics_alone(net):
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
            with pytest.raises(TypeError, match="before, or wrap anew"):
                change(model)
    with pytest.raises(TypeError, match="before, or wrap anew"):
        frozen.restore()
    assert flags(net) == before
    # Another model in the same process is free, and so is this one without the wrapper.
    freeze(nn.Linear(2, 2))
    del wrapped, model
    frozen.restore()
    assert net.head.weight.requires_grad


def test_freezing_before_wrapping_trains(net, process_group):
    net.body[5] = nn.BatchNorm2d(4)  # DDP refuses SyncBatchNorm on a CPU
    freeze(net, "body")
    body, head = bits(net.body), bits(net.head)
    train(DistributedDataParallel(net), steps=2)
    assert bits(net.body) == body
    assert bits(net.head) != head


# Optimizers


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.AdamW])
def test_unfrozen_parameters_join_the_optimizer_once(net, optimizer):
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


def test_equal_values_are_not_the_same_parameter():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].load_state_dict(model[0].state_dict())
    optimizer = torch.optim.SGD(model[0].parameters(), lr=0.1)
    assert add_trainable(optimizer, model) == ["1.weight", "1.bias"]


@pytest.mark.skipif(RELEASE < (2, 6), reason="needs torch 2.6: optimizers take names")
def test_optimizers_with_names_get_names():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    optimizer = torch.optim.SGD(model[0].named_parameters(), lr=0.1)
    add_trainable(optimizer, model)
    assert optimizer.param_groups[1]["param_names"] == ["1.weight", "1.bias"]
