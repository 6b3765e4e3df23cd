"""The histogram loss: sorted values against quantiles."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.losses import HistogramLoss, channel_quantiles, histogram_loss
from impasto.studio.losses.histogram import ascending


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def shuffled(features: Tensor, seed: int = 0) -> Tensor:
    """Each channel's values in another order, each in its own."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(features.flatten(2).shape, generator=generator).argsort(dim=2)
    return features.flatten(2).gather(2, order).reshape(features.shape)


def test_by_hand() -> None:
    features = torch.tensor([3.0, 1, 2, 0]).reshape(1, 1, 2, 2)
    style = torch.tensor([6.0, 0, 4, 2]).reshape(1, 1, 2, 2)
    # 3 -> 6, 1 -> 2, 2 -> 4, 0 -> 0
    assert histogram_loss(features, channel_quantiles(style)).item() == pytest.approx((9 + 1 + 4) / 4)


def test_quantiles_by_hand() -> None:
    features = torch.tensor([3.0, 1, 2, 0]).reshape(1, 1, 2, 2)
    torch.testing.assert_close(channel_quantiles(features), torch.tensor([[[0.0, 1, 2, 3]]]))
    torch.testing.assert_close(channel_quantiles(features, count=2), torch.tensor([[[0.5, 2.5]]]))
    # stretched from two quantiles to four: midpoints at 1/8, 3/8, ... between those at 1/4 and 3/4
    wanted = torch.tensor([0.5, 1.0, 2.0, 2.5])
    expected = (torch.tensor([0.0, 1, 2, 3]) - wanted).square().mean()
    torch.testing.assert_close(histogram_loss(features, channel_quantiles(features, count=2)), expected)


@settings(max_examples=20, deadline=None)
@given(st.tuples(*(st.integers(1, 4) for _ in range(4))), st.integers(1, 20))
def test_over_shapes(shape: tuple[int, int, int, int], count: int) -> None:
    features = noise(*shape)
    assert HistogramLoss(channel_quantiles(features))(shuffled(features)) == 0
    quantiles = channel_quantiles(noise(1, shape[1], 3, 5, seed=1), count=count)
    assert quantiles.shape == (1, shape[1], min(15, count))
    assert (quantiles.diff(dim=2) >= 0).all()
    value = HistogramLoss(quantiles)(features)
    assert value.shape == ()
    torch.testing.assert_close(value, HistogramLoss(quantiles)(shuffled(features)))
    assert value > 0


def test_it_is_the_distance_to_the_remapped_features() -> None:
    """The definition itself, with the remapped map written out and detached."""
    features = noise(2, 3, 4, 5).requires_grad_()
    quantiles = channel_quantiles(noise(1, 3, 5, 4, seed=1))
    flat = features.detach().flatten(2)
    ranks = flat.argsort(dim=2).argsort(dim=2)
    remapped = quantiles.expand(2, 3, 20).gather(2, ranks)
    written_out = (features.flatten(2) - remapped).square().mean()
    (expected,) = torch.autograd.grad(written_out, features)
    value = histogram_loss(features, quantiles)
    (actual,) = torch.autograd.grad(value, features)
    torch.testing.assert_close(value, written_out)
    torch.testing.assert_close(actual, expected)


def test_gradients() -> None:
    loss = HistogramLoss(channel_quantiles(noise(1, 2, 3, 3), count=5))
    assert torch.autograd.gradcheck(loss, noise(2, 2, 3, 2, seed=1).requires_grad_())


def test_a_bounded_target_represents_a_large_map() -> None:
    style = noise(1, 2, 90, 90).float()
    quantiles = channel_quantiles(style)
    assert quantiles.shape == (1, 2, 1024)
    torch.testing.assert_close(quantiles.mean(2), style.mean((2, 3)), rtol=0, atol=1e-3)
    assert histogram_loss(shuffled(style), quantiles) < 1e-3 * style.var()


def test_channels_last_is_the_same() -> None:
    features = noise(2, 3, 4, 5)
    last = features.contiguous(memory_format=torch.channels_last)
    quantiles = channel_quantiles(noise(1, 3, 4, 5, seed=1))
    torch.testing.assert_close(histogram_loss(last, quantiles), histogram_loss(features, quantiles))


def test_errors_name_the_shapes() -> None:
    with pytest.raises(ConfigError, match=r"\(1, 3, 2, 2\) and \(1, 2, 4\)"):
        histogram_loss(noise(1, 3, 2, 2), noise(1, 2, 4))
    with pytest.raises(ConfigError, match="count is 0"):
        channel_quantiles(noise(1, 3, 2, 2), count=0)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_values_ascend_and_gradients_go_where_they_came_from(layout: torch.memory_format) -> None:
    """As PyTorch's own sort does it; halves are widened first."""
    torch.manual_seed(0)
    features = torch.rand(2, 3, 8, 9).contiguous(memory_format=layout).requires_grad_()
    weights = torch.rand(2, 3, 72)
    wanted = features.flatten(2).sort(2).values
    (expected,) = torch.autograd.grad((wanted * weights).sum(), features)
    found = ascending(features)
    (actual,) = torch.autograd.grad((found * weights).sum(), features)
    assert torch.equal(found, wanted)
    assert torch.equal(actual, expected)
    assert ascending(features.bfloat16()).dtype == torch.float32
