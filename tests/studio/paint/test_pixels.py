"""The canvas is a map there and back; starts have the statistics they are named for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.studio.paint.pixels import (
    UNITS,
    Canvas,
    enlarge,
    noise_start,
    style_start,
)

PictureOf = Callable[[int, int, int], Any]
CPU = torch.device("cpu")
SIZES = st.tuples(st.integers(1, 17), st.integers(1, 17))


def random_image(size: tuple[int, int], seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=60, deadline=None)
@given(SIZES, st.sampled_from(sorted(UNITS)), st.sampled_from([0.0, 0.5, 1.0, 2.0]), st.integers(0, 99))
def test_decode_undoes_encode(size: tuple[int, int], unit: Any, spectrum: float, seed: int) -> None:
    canvas, image = Canvas(size, unit, spectrum, CPU), random_image(size, seed)
    variable = canvas.encode(image)
    assert variable.shape == image.shape
    assert variable.is_contiguous()
    torch.testing.assert_close(canvas.decode(variable), image, atol=1e-5, rtol=0)
    torch.testing.assert_close(canvas.encode(canvas.decode(variable)), variable, rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize(
    ("unit", "color", "expected"),
    [
        ("unit", (1.0, 0.0, 0.0), (1 - 0.48502, -0.45796, -0.40760)),
        ("byte", (1.0, 0.0, 1.0), (255 - 123.68, -116.779, 255 - 103.939)),
        ("standardized", (0.0, 1.0, 0.0), (-0.48502 / 0.229, (1 - 0.45796) / 0.224, -0.40760 / 0.225)),
    ],
)
def test_units_by_hand(unit: Any, color: tuple[float, ...], expected: tuple[float, ...]) -> None:
    image = torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    variable = Canvas((2, 2), unit, 0.0, CPU).encode(image)
    torch.testing.assert_close(variable[0, :, 1, 0], torch.tensor(expected), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [(16, 16), (15, 9), (8, 13)])
@pytest.mark.parametrize("spectrum", [0.5, 1.0])
def test_frequency_weights_fall_off_and_have_a_mean_square_of_one(
    size: tuple[int, int], spectrum: float
) -> None:
    gain = Canvas(size, "unit", spectrum, CPU).gain
    assert gain is not None
    assert gain.square().mean().item() == pytest.approx(1, rel=1e-5)
    assert gain[0, 0] == gain.max()
    # One wave along the longer side against two: twice the frequency.
    first, second = (gain[1, 0], gain[2, 0]) if size[0] >= size[1] else (gain[0, 1], gain[0, 2])
    assert (first / second).item() == pytest.approx(2**spectrum, rel=1e-5)


def test_without_a_spectrum_pixels_move_by_themselves() -> None:
    canvas = Canvas((4, 4), "byte", 0.0, CPU)
    assert canvas.gain is None
    variable = torch.zeros(1, 3, 4, 4)
    variable[0, 1, 2, 3] = 255.0
    moved = canvas.decode(variable) - canvas.decode(torch.zeros(1, 3, 4, 4))
    assert moved[0, 1, 2, 3].item() == pytest.approx(1)
    assert moved.abs().sum().item() == pytest.approx(1)


def test_the_gradient_flows_through_decode() -> None:
    canvas = Canvas((5, 6), "byte", 0.5, CPU)
    variable = canvas.encode(random_image((5, 6))).double().requires_grad_()
    assert torch.autograd.gradcheck(canvas.decode, [variable], eps=1e-3, atol=1e-6)


@pytest.mark.parametrize("spectrum", [0.0, 1.0])
def test_clamping_holds_the_image_and_leaves_what_is_inside(spectrum: float) -> None:
    canvas, inside = Canvas((8, 9), "byte", spectrum, CPU), random_image((8, 9))
    variable = canvas.encode(inside * 3 - 1).requires_grad_()
    canvas.clamp_(variable)
    image = canvas.decode(variable.detach())
    assert image.min() > -1e-4
    assert image.max() < 1 + 1e-4
    torch.testing.assert_close(image, (inside * 3 - 1).clamp(0, 1), atol=1e-4, rtol=0)
    assert variable.requires_grad
    assert variable.is_leaf


def test_noise_has_its_mean_and_deviation_and_its_seed_alone() -> None:
    torch.manual_seed(1)
    noise = noise_start((200, 300), 0.25, 5)
    assert noise.shape == (200, 300, 3)
    assert noise.dtype == np.float32
    # 60,000 draws: the mean's own deviation is 0.001.
    np.testing.assert_allclose(noise.mean((0, 1)), np.array([123.68, 116.779, 103.939]) / 255, atol=0.005)
    np.testing.assert_allclose(noise.std((0, 1)), 0.25, rtol=0.02)
    torch.manual_seed(2)
    assert np.array_equal(noise, noise_start((200, 300), 0.25, 5))
    assert np.abs(noise - noise_start((200, 300), 0.25, 6)).max() > 0.1


def moments(pixels: Any) -> tuple[Any, Any]:
    flat = pixels.reshape(-1, 3).astype(np.float64)
    return flat.mean(0), np.cov(flat.T, bias=True)


@pytest.mark.parametrize("textured", [False, True])
def test_style_stats_has_the_mean_and_covariance_of_the_style(picture: PictureOf, textured: bool) -> None:
    # Colors that stay far from 0 and 1, so that clipping takes nothing off.
    style = (0.5 + 0.2 * (picture(30, 20, 4) - 0.5)).astype(np.float32)
    content = None if textured else picture(40, 30, 5)
    start = style_start(content, style, (24, 18), seed=3)
    assert start.shape == (24, 18, 3)
    assert 0 < start.min() < start.max() < 1
    for found, wanted in zip(moments(start), moments(style), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert np.array_equal(start, style_start(content, style, (24, 18), seed=3))


def test_enlarging_keeps_flat_colors_and_the_range() -> None:
    flat = torch.tensor([0.1, 0.5, 0.9]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    torch.testing.assert_close(enlarge(flat, (9, 7)), flat[..., :1, :1].expand(1, 3, 9, 7))
    checks = (torch.arange(8)[:, None] + torch.arange(8)).remainder(2).float().expand(1, 3, 8, 8)
    larger = enlarge(checks, (13, 11))
    assert larger.shape == (1, 3, 13, 11)
    assert larger.min() >= 0
    assert larger.max() <= 1
    assert enlarge(checks, (8, 8)) is checks
