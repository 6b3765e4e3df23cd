"""The palette loss: distributions of colors along directions."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.losses import palette, palette_loss, palette_variance
from impasto.studio.losses.palette import AREA, DIRECTIONS, _directions


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def squares(images: Tensor) -> Tensor:
    """Each pixel as a square of one color, as large as what is averaged."""
    return images.repeat_interleave(AREA, 2).repeat_interleave(AREA, 3)


def test_directions_are_of_length_one_and_even() -> None:
    found = _directions()
    torch.testing.assert_close(found.norm(dim=1), torch.ones(DIRECTIONS, dtype=torch.float64))
    frame = found.T @ found / DIRECTIONS
    torch.testing.assert_close(frame, torch.eye(3, dtype=torch.float64) / 3, rtol=0, atol=0.015)
    assert (found @ found.T - torch.eye(DIRECTIONS)).max() < 0.99, "two of them are nearly the same"


def test_of_one_color_each_by_hand() -> None:
    one, other = (
        torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, 8, 8)
        for color in ([0.2, 0.5, 0.9], [0.6, 0.2, 0.9])
    )
    expected = (_directions().float() @ torch.tensor([0.4, -0.3, 0.0])).square().mean()
    found = palette_loss(one, palette(other))
    torch.testing.assert_close(found, expected)
    assert found.item() == pytest.approx(0.25 / 3, rel=0.05)


def test_gray_by_hand() -> None:
    """Grays lie on a line: 1/4, 1/2 and 3/4 in two to one and one to two, each a step further."""
    gray = torch.tensor([0.25, 0.25, 0.5]).view(1, 1, 1, 3).expand(1, 3, 1, 3)
    lighter = torch.tensor([0.75, 0.5, 0.5]).view(1, 1, 1, 3).expand(1, 3, 1, 3)
    share = (_directions().sum(1).square().mean()).float()
    torch.testing.assert_close(palette_loss(squares(gray), palette(squares(lighter))), share / 16)


def test_where_colors_lie_and_in_which_picture_is_no_matter() -> None:
    images = noise(2, 3, 3, 4)
    order = torch.randperm(24, generator=torch.Generator().manual_seed(1))
    flat = images.permute(1, 0, 2, 3).flatten(1)[:, order]
    moved = flat.view(3, 2, 3, 4).transpose(0, 1)
    assert palette_loss(squares(moved), palette(squares(images))) < 1e-30
    assert palette_loss(squares(images[:1]), palette(squares(images))) > 1e-4, "one alone has not all"


def test_grain_finer_than_a_square_is_no_matter() -> None:
    images = squares(noise(1, 3, 3, 3))
    grain = torch.tensor([[0.1, -0.1], [-0.1, 0.1]]).repeat(images.shape[2] // 2, images.shape[3] // 2)
    assert palette_loss(images + grain, palette(images)) < 1e-15


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3), st.integers(AREA, 13), st.integers(AREA, 13))
def test_over_shapes(count: int, height: int, width: int) -> None:
    images = noise(count, 3, height, width)
    own = palette(images)
    positions = count * (height // AREA) * (width // AREA)
    assert own.shape == (1, DIRECTIONS, positions)
    assert palette_loss(images, own) < 1e-30
    value = palette_loss(images, palette(noise(1, 3, 16, 12, seed=1)))
    assert value.shape == ()
    assert value > 0


def test_the_variance_is_what_a_picture_of_the_mean_color_is_away() -> None:
    images = squares(noise(1, 3, 4, 4))
    mean = images.mean((2, 3), keepdim=True).expand_as(images)
    torch.testing.assert_close(palette_variance(palette(images)), palette_loss(mean, palette(images)))


def test_gradients() -> None:
    wanted = palette(noise(1, 3, 12, 12))
    images = noise(2, 3, 8, 4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda each: palette_loss(each, wanted), images)


def test_halves_and_channels_last_are_the_same() -> None:
    images = noise(2, 3, 8, 8).float()
    wanted = palette(noise(1, 3, 12, 12, seed=1).float())
    value = palette_loss(images, wanted)
    torch.testing.assert_close(
        palette_loss(images.contiguous(memory_format=torch.channels_last), wanted), value
    )
    half = palette_loss(images.bfloat16(), wanted)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, value, rtol=1e-2, atol=1e-4)


def test_what_is_no_palette_is_an_error() -> None:
    with pytest.raises(ConfigError, match="must match"):
        palette_loss(noise(1, 3, 8, 8), noise(1, 3, 5))
