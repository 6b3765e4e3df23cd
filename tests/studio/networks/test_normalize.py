"""Each normalization against its formula in NumPy's float64, and against torch where torch has it."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from impasto.studio.networks.config import Norm
from impasto.studio.networks.normalize import EPSILON, GROUPS, MOMENTUM, NORMS, SwitchableNorm

Array = NDArray[np.float64]

CHANNELS = 16
NAMED: tuple[Norm, ...] = ("batch", "instance", "layer", "group", "switchable")


def features(*, seed: int = 0, shift: float = 3.0) -> Tensor:
    """Features (3, 16, 5, 7) whose statistics differ from channel to channel and from picture to picture."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(3, CHANNELS, 5, 7, generator=generator)
    return noise * (1 + torch.rand(3, CHANNELS, 1, 1, generator=generator)) + shift * torch.rand(
        3, CHANNELS, 1, 1, generator=generator
    )


def make(norm: Norm) -> torch.nn.Module:
    """A normalization with a scale and a shift that are not 1 and 0."""
    module = NORMS[norm](CHANNELS)
    generator = torch.Generator().manual_seed(1)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    return module


def standardized(x: Array, mean: Array, variance: Array, module: torch.nn.Module) -> Array:
    scale, shift = (
        getattr(module, name).detach().double().numpy()[:, None, None] for name in ("weight", "bias")
    )
    result: Array = (x - mean) / np.sqrt(variance + EPSILON) * scale + shift
    return result


def over(x: Array, *axes: int) -> tuple[Array, Array]:
    return x.mean(axes, keepdims=True), x.var(axes, keepdims=True)


def grouped(x: Array) -> tuple[Array, Array]:
    parts = x.reshape(3, GROUPS, CHANNELS // GROUPS, 5, 7)
    mean, variance = (np.broadcast_to(each, parts.shape).reshape(x.shape) for each in over(parts, 2, 3, 4))
    return mean, variance


STATISTICS: dict[Norm, Callable[[Array], tuple[Array, Array]]] = {
    "batch": lambda x: over(x, 0, 2, 3),
    "instance": lambda x: over(x, 2, 3),
    "layer": lambda x: over(x, 1, 2, 3),
    "group": grouped,
}


def mixed(x: Array, module: SwitchableNorm, batch: tuple[Array, Array]) -> tuple[Array, Array]:
    """The paper's equations 3 and 5, with statistics that are each taken from the features themselves."""
    shares = [np.exp(each.detach().double().numpy()) for each in (module.mean_logits, module.variance_logits)]
    parts = (over(x, 2, 3), over(x, 1, 2, 3), batch)
    mean, variance = (
        sum((w * part[i] for w, part in zip(share / share.sum(), parts, strict=True)), np.zeros(1))
        for i, share in enumerate(shares)
    )
    return mean, variance


def close(found: Tensor, wanted: Array | Tensor) -> None:
    torch.testing.assert_close(
        found.detach().double(), torch.as_tensor(wanted).detach().double(), rtol=1e-5, atol=2e-5
    )


@pytest.mark.parametrize("norm", STATISTICS)
def test_is_its_formula(norm: Norm) -> None:
    module, x = make(norm), features()
    exact = x.double().numpy()
    close(module(x), standardized(exact, *STATISTICS[norm](exact), module))


def test_switchable_is_its_formula() -> None:
    module, x = make("switchable"), features()
    assert isinstance(module, SwitchableNorm)
    exact = x.double().numpy()
    close(module(x), standardized(exact, *mixed(exact, module, over(exact, 0, 2, 3)), module))


def test_agrees_with_torch() -> None:
    x = features()
    functions: dict[Norm, Callable[[Tensor, Tensor], Tensor]] = {
        "batch": lambda w, b: F.batch_norm(x, None, None, w, b, training=True),
        "instance": lambda w, b: F.instance_norm(x, weight=w, bias=b),
        "layer": lambda w, b: F.layer_norm(x, x.shape[1:]) * w[:, None, None] + b[:, None, None],
        "group": lambda w, b: F.group_norm(x, GROUPS, w, b),
    }
    for norm, function in functions.items():
        module = make(norm)
        close(module(x), function(*(getattr(module, name) for name in ("weight", "bias"))))


@pytest.mark.parametrize(("chosen", "norm"), [(0, "instance"), (1, "layer"), (2, "batch")])
def test_switchable_can_be_any_of_the_three(chosen: int, norm: Norm) -> None:
    module, other, x = make("switchable"), make(norm), features()
    assert isinstance(module, SwitchableNorm)
    with torch.no_grad():
        for logits in (module.mean_logits, module.variance_logits):
            logits.fill_(-100)[chosen] = 100
    other.load_state_dict({"weight": module.weight, "bias": module.bias}, strict=False)
    close(module(x), other(x))


def test_switchable_shares_sum_to_one_after_steps() -> None:
    module = SwitchableNorm(CHANNELS)
    optimizer = torch.optim.SGD(module.parameters(), lr=1.0)
    for _ in range(3):
        optimizer.zero_grad()
        module(features()).pow(3).mean().backward()
        optimizer.step()
    shares = module.shares()
    assert not torch.allclose(shares[0], torch.full((3,), 1 / 3))
    torch.testing.assert_close(shares.sum(1), torch.ones(2))
    assert float(shares.detach().min()) > 0


@pytest.mark.parametrize("norm", ["batch", "switchable"])
def test_what_was_seen_in_training_is_used_when_evaluated(norm: Norm) -> None:
    module, x = make(norm), features()
    before = module.eval()(x)
    module.train()(features(seed=2, shift=9.0))
    exact = features(seed=2, shift=9.0).double().numpy()
    mean, variance = (each * MOMENTUM for each in over(exact, 0, 2, 3))
    # torch divides the variance that it keeps by one less than the count; the paper of switchable does not.
    count = exact.size // CHANNELS
    variance = variance * (count / (count - 1) if norm == "batch" else 1) + (1 - MOMENTUM)
    after = module.eval()(x)
    seen = x.double().numpy()
    if isinstance(module, SwitchableNorm):
        mean, variance = mixed(seen, module, (mean, variance))
    close(after, standardized(seen, mean, variance, module))
    assert not torch.allclose(before, after)
    alone = torch.cat([module(each[None]) for each in x])
    torch.testing.assert_close(alone, after)  # a picture's result does not depend on the others


@pytest.mark.parametrize("norm", ["instance", "layer", "group"])
def test_evaluating_changes_nothing_for_the_others(norm: Norm) -> None:
    module, x = make(norm), features()
    assert torch.equal(module(x), module.eval()(x))


def test_none_is_nothing() -> None:
    x = features()
    assert NORMS["none"](CHANNELS)(x) is x
    assert not list(NORMS["none"](CHANNELS).parameters())


@pytest.mark.parametrize("norm", NAMED)
def test_a_flat_picture_gives_its_shift_and_gradients(norm: Norm) -> None:
    module = make(norm)
    x = torch.full((1, CHANNELS, 4, 4), 0.25, requires_grad=True)
    made = module(x)
    shift = dict(module.named_parameters())["bias"].detach()
    close(made, shift[None, :, None, None].expand_as(made))
    made.square().sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in module.parameters())


@pytest.mark.parametrize("channels", [1, 3, 12, 20, 40, 48])
def test_groups_fit_any_number_of_channels(channels: int) -> None:
    x = torch.rand(2, channels, 4, 4)
    assert NORMS["group"](channels)(x).shape == x.shape


@pytest.mark.parametrize("norm", NAMED)
def test_gradients_are_right(norm: Norm) -> None:
    module = NORMS[norm](2).double()
    x = torch.randn(2, 2, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    assert torch.autograd.gradcheck(module, x.requires_grad_())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_instance_normalization_leaves_channels_beside_each_other(dtype: torch.dtype) -> None:
    """It takes another way there than torch's, forward and back, and gets to the same."""
    ours, torchs = (
        features().to(dtype).contiguous(memory_format=torch.channels_last).requires_grad_() for _ in range(2)
    )
    module = make("instance")
    weight, bias = module.parameters()
    made = module(ours)
    wanted = F.instance_norm(torchs, weight=weight, bias=bias, eps=EPSILON)
    gradient = features(seed=2).to(dtype)
    made.backward(gradient)
    own = [each.grad for each in (weight, bias)]
    module.zero_grad()
    wanted.backward(gradient)  # type: ignore[no-untyped-call]

    assert made.dtype == dtype
    assert made.is_contiguous(memory_format=torch.channels_last)
    assert ours.grad is not None
    assert ours.grad.is_contiguous(memory_format=torch.channels_last)
    relative, absolute = (1e-5, 1e-4) if dtype == torch.float32 else (2e-2, 6e-2)
    pairs = [(made, wanted), (ours.grad, torchs.grad), *zip(own, (weight.grad, bias.grad), strict=True)]
    for found, other in pairs:
        torch.testing.assert_close(found, other, rtol=relative, atol=absolute)


def test_instance_normalization_is_the_same_when_evaluated() -> None:
    """What it normalizes by is of the picture, and nothing is remembered."""
    module, seen = make("instance"), features().contiguous(memory_format=torch.channels_last)
    trained = module.train()(seen)
    assert torch.equal(module.eval()(seen), trained)
    assert set(module.state_dict()) == {"weight", "bias"}
