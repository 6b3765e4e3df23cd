"""The grain loss: contrast in what is even in a photo, beyond that of the painting's even parts."""

import pytest
import torch
from torch import Tensor

from impasto.image.color import REC601
from impasto.studio.losses import contrasts, grain_loss, quiet_contrast
from impasto.studio.losses.grain import EVEN, QUIET, SIDE


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def marks() -> Tensor:
    """Stripes of 4 pixels whose contrast is 0.1, around 0.5."""
    stripes = (torch.arange(96) % 8 < 4).double() * 0.2 + 0.4
    return stripes.expand(1, 3, 80, 96)


def test_contrast_is_the_deviation_of_luma_in_overlapping_squares() -> None:
    images = noise(2, 3, 40, 30)
    found = contrasts(images)
    assert found.shape == (2, 1, 4, 2)
    part = images[1, :, SIDE // 2 : SIDE // 2 + SIDE, :SIDE]
    luma = (part * torch.tensor(REC601, dtype=torch.float64)[:, None, None]).sum(0)
    torch.testing.assert_close(found[1, 0, 1, 0], luma.std(correction=0))
    assert contrasts(images[:, :, :5, :9]).shape == (2, 1, 1, 3)
    assert contrasts(images[:, :, :1, :1]).shape == (2, 1, 1, 1)
    assert contrasts(images.bfloat16()).dtype == torch.float32


def test_marks_on_an_even_photo_cost_what_they_have_beyond_the_limit(marks: Tensor) -> None:
    even = torch.full_like(marks, 0.3)
    assert grain_loss(marks, even, 0.03).item() == pytest.approx(0.07, rel=1e-2)
    assert grain_loss(marks, even, 0.2) == 0, "a painting that has such marks everywhere"
    assert grain_loss(even, even, 0.0) == 0


def test_marks_where_the_photo_has_some_are_free(marks: Tensor) -> None:
    busy = noise(1, 3, 80, 96)
    stronger = 0.5 + 2 * (marks - 0.5)
    assert grain_loss(stronger, busy, 0.0) < 1e-3
    assert grain_loss(marks, marks, 0.0) == 0, "what the photo has itself"
    expected = 0.1 / (1 + (0.1 / EVEN) ** 2)
    assert grain_loss(stronger, marks, 0.0).item() == pytest.approx(expected, rel=1e-2)


def test_only_the_even_part_of_a_photo_counts(marks: Tensor) -> None:
    photo = marks.clone()
    photo[..., : 48 + SIDE] = 0.5  # squares from the left edge to the middle
    made = 0.5 + 2 * (marks - 0.5)
    whole = grain_loss(made, torch.full_like(marks, 0.5), 0.0)
    columns = contrasts(marks).shape[-1]
    even = (48 + SIDE) // (SIDE // 2) - 1
    assert grain_loss(made, photo, 0.0).item() == pytest.approx(whole.item() * even / columns, rel=0.1)


def test_lightness_and_color_are_free(marks: Tensor) -> None:
    even = torch.full_like(marks, 0.1)
    assert grain_loss(torch.full_like(marks, 0.9), even, 0.0) < 2e-4
    ramp = torch.linspace(0, 1, 96, dtype=torch.float64).expand(1, 3, 80, 96)
    assert grain_loss(ramp, even, 0.06) == 0, "a slow shade has little contrast in a square"


def test_the_quiet_contrast_is_that_of_the_even_parts() -> None:
    painting = noise(1, 3, 160, 160)
    painting[..., :80] = 0.5
    found = contrasts(painting).flatten()
    limit = quiet_contrast(painting)
    assert (found <= limit).double().mean().item() >= QUIET
    assert limit < 1e-3, "half of it is paper"
    assert quiet_contrast(noise(1, 3, 160, 160)) > 0.1


def test_gradients(marks: Tensor) -> None:
    images, photos = noise(1, 3, 24, 24, seed=4).requires_grad_(), 0.5 + 0.02 * noise(1, 3, 24, 24, seed=5)
    assert torch.autograd.gradcheck(lambda each: grain_loss(each, photos, 0.05), images, atol=1e-7)
    still = torch.zeros_like(marks).requires_grad_()
    (slope,) = torch.autograd.grad(grain_loss(still, torch.zeros_like(marks), 0.0), still)
    assert slope.isfinite().all(), "even pictures have no steep root"
