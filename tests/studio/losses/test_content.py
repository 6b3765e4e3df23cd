"""The content loss in its three forms."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.losses import ContentForm, ContentLoss, content_loss

FORMS: list[ContentForm] = ["mean", "half-sum", "gradient-normalized"]


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("form", "expected"), [("mean", 7.5), ("half-sum", 15), ("gradient-normalized", 3)])
def test_by_hand(form: ContentForm, expected: float) -> None:
    features = torch.tensor([[2.0, 3], [-2, 5]]).reshape(1, 1, 2, 2)
    target = torch.ones(1, 1, 2, 2)  # differences 1, 2, -3, 4
    assert content_loss(features, target, form=form).item() == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(FORMS), st.tuples(*(st.integers(1, 4) for _ in range(4))))
def test_over_shapes(form: ContentForm, shape: tuple[int, int, int, int]) -> None:
    features, target = noise(*shape), noise(*shape, seed=1)
    loss = ContentLoss(target, form=form)
    value = loss(features)
    assert value.shape == ()
    assert value > 0
    assert loss(target) == 0
    singles = [content_loss(features[i : i + 1], target[i : i + 1], form=form) for i in range(shape[0])]
    torch.testing.assert_close(value, torch.stack(singles).mean())


@pytest.mark.parametrize("form", FORMS)
def test_gradients(form: ContentForm) -> None:
    loss = ContentLoss(noise(1, 3, 2, 4), form=form, prescale=1.5)
    assert torch.autograd.gradcheck(loss, noise(2, 3, 2, 4, seed=1).requires_grad_())


def test_the_normalized_gradient_has_a_norm_near_one() -> None:
    for scale in (1e-3, 1.0, 1e3):
        features = (scale * noise(1, 8, 16, 16)).requires_grad_()
        torch.autograd.backward(
            content_loss(features, torch.zeros_like(features), form="gradient-normalized")
        )
        assert features.grad is not None
        assert 0.8 < float(features.grad.abs().sum()) < 1.5


def test_prescale_weights_the_maps_themselves() -> None:
    features, target = noise(1, 2, 3, 3), noise(1, 2, 3, 3, seed=1)
    expected = content_loss(3 * features, 3 * target)
    torch.testing.assert_close(ContentLoss(target, prescale=3)(features), expected)


def test_channels_last_is_the_same() -> None:
    features, target = noise(2, 3, 4, 5), noise(2, 3, 4, 5, seed=1)
    last = features.contiguous(memory_format=torch.channels_last)
    for form in FORMS:
        torch.testing.assert_close(
            content_loss(last, target, form=form), content_loss(features, target, form=form)
        )


def test_the_target_is_a_buffer_without_a_graph() -> None:
    loss = ContentLoss(noise(1, 2, 3, 3).requires_grad_())
    assert not loss.target.requires_grad
    assert list(loss.state_dict()) == ["target"]
    assert loss.float()(noise(1, 2, 3, 3).bfloat16()).dtype == torch.float32


def test_errors_name_the_choices() -> None:
    with pytest.raises(ConfigError, match="'sum'; choose one of mean, half-sum, gradient-normalized"):
        content_loss(noise(1, 1, 2, 2), noise(1, 1, 2, 2), form="sum")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="must match"):
        content_loss(noise(1, 1, 2, 2), noise(1, 1, 2, 1))


@pytest.mark.parametrize("count", [1, 2])
def test_bfloat16_maps_are_compared_as_in_float32(count: int) -> None:
    features = noise(2, 8, 16, 16).bfloat16().requires_grad_()
    target = noise(count, 8, 16, 16, seed=1).bfloat16()
    wide = features.detach().float().requires_grad_()
    exact = content_loss(wide, target.float(), prescale=1.5)
    value = content_loss(features, target, prescale=1.5)
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(exact.item(), rel=2e-3)
    torch.autograd.backward([exact, value])
    assert features.grad is not None
    assert wide.grad is not None
    torch.testing.assert_close(features.grad.float(), wide.grad, rtol=0.02, atol=1e-6)
