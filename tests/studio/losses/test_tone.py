"""The tone loss: light and dark that do not follow from the photo's."""

import pytest
import torch
from torch import Tensor

from impasto.image.color import REC601
from impasto.studio.losses import tone_loss, tone_variance, tones
from impasto.studio.losses.tone import EVEN, REACH


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gray(values: Tensor) -> Tensor:
    """Pictures of three equal channels."""
    return values[:, None].expand(-1, 3, -1, -1)


def test_tones_are_the_mean_luma_of_overlapping_squares() -> None:
    images = noise(2, 3, 70, 50)
    found = tones(images)
    assert found.shape == (2, 1, 3, 2)
    part = images[1, :, REACH // 2 : REACH // 2 + REACH, :REACH].mean((1, 2))
    expected = (part * torch.tensor(REC601, dtype=torch.float64)).sum()
    torch.testing.assert_close(found[1, 0, 1, 0], expected)
    assert tones(images[:, :, :9, :20]).shape == (2, 1, 1, 3)
    assert tones(images[:, :, :1, :1]).shape == (2, 1, 1, 1)
    assert tones(images.bfloat16()).dtype == torch.float32
    torch.testing.assert_close(tones(gray(noise(1, 32, 32)))[0, 0, 0, 0], noise(1, 32, 32).mean())


def test_lighter_softer_and_harder_pictures_cost_next_to_nothing(photos: Tensor) -> None:
    unit = tone_variance(photos)
    for change in (photos, 0.4 * photos + 0.5, 1.7 * photos - 0.4, photos.square()):
        assert tone_loss(change, photos) < 0.03 * unit
    still = torch.full_like(photos, 0.3)
    assert tone_loss(still, photos) < 1e-20, "no contrast is a contrast, too"


def test_strokes_finer_than_a_square_are_free(photos: Tensor) -> None:
    fine = (torch.arange(photos.shape[3]) % 4 < 2).double() - 0.5
    assert tone_loss(photos + 0.5 * fine, photos) < 1e-2 * tone_variance(photos)


def test_clouds_on_an_even_photo_cost_their_variance(photos: Tensor) -> None:
    even = torch.full_like(photos, 0.2)
    made = tones(photos)
    expected = (made - made.mean((2, 3), keepdim=True)).square().mean()
    torch.testing.assert_close(tone_loss(photos, even), expected)


def test_a_negative_costs_all_its_variance(photos: Tensor) -> None:
    torch.testing.assert_close(tone_loss(1 - photos, photos), tone_loss(photos, torch.zeros_like(photos)))
    assert tone_loss(1 - photos, photos) > 100 * tone_loss(photos, photos)


def test_the_contrast_is_that_of_least_squares() -> None:
    made, seen = gray(noise(1, 96, 96, seed=2)), gray(noise(1, 96, 96, seed=3))
    made = 0.6 * seen + 0.4 * made
    t, p = ((tones(each) - tones(each).mean()).flatten() for each in (made, seen))
    slopes = torch.linspace(-2, 2, 4001, dtype=torch.float64)
    best = ((t[None] - slopes[:, None] * p[None]).square().mean(1) + slopes.square() * EVEN).argmin()
    found = tone_loss(made, seen)
    torch.testing.assert_close(found, (t - slopes[best] * p).square().mean(), rtol=1e-3, atol=1e-12)


def test_each_picture_has_a_contrast_of_its_own(photos: Tensor) -> None:
    both = torch.cat([photos[:1], 0.2 * photos[1:]])
    alone = torch.stack([tone_loss(both[each : each + 1], photos[each : each + 1]) for each in (0, 1)])
    torch.testing.assert_close(tone_loss(both, photos), alone.mean())
    assert tone_loss(both, photos) < 1e-2 * tone_variance(photos)


def test_gradients() -> None:
    images, photos = noise(2, 3, 40, 40, seed=4).requires_grad_(), noise(2, 3, 40, 40, seed=5)
    assert torch.autograd.gradcheck(lambda each: tone_loss(each, photos), images, atol=1e-7)


def test_variance_is_of_all_pictures_together() -> None:
    two = torch.stack([torch.full((3, 40, 40), 0.2), torch.full((3, 40, 40), 0.6)])
    assert tone_variance(two).item() == pytest.approx(0.04, rel=1e-4)
