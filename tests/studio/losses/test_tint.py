"""The tint loss: colors that do not follow from the photo's."""

import math

import pytest
import torch
from torch import Tensor

from impasto.image.color import REC601
from impasto.studio.losses import tint_loss, tint_variance, tints, tone_loss
from impasto.studio.losses.tint import ALIKE
from impasto.studio.losses.tone import REACH


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_tints_are_what_colors_are_beside_their_luma() -> None:
    images = noise(2, 3, 70, 50)
    found = tints(images)
    assert found.shape == (2, 3, 3, 2)
    mean = images[1, :, REACH // 2 : REACH // 2 + REACH, :REACH].mean((1, 2))
    luma = (mean * torch.tensor(REC601, dtype=torch.float64)).sum()
    torch.testing.assert_close(found[1, :, 1, 0], mean - luma)
    assert tints(images[:, :, :1, :1]).shape == (2, 3, 1, 1)
    assert tints(images.bfloat16()).dtype == torch.float32
    gray = noise(1, 1, 40, 40).expand(1, 3, 40, 40)
    torch.testing.assert_close(tints(gray), torch.zeros(1, 3, 1, 1, dtype=torch.float64))


def test_colors_that_follow_from_the_photo_cost_next_to_nothing(photos: Tensor) -> None:
    unit = tint_variance(photos)
    mixed = torch.einsum("dc,nchw->ndhw", noise(3, 3, seed=2) - 0.3, photos) + 0.2
    for change in (photos, 1 - photos, photos.flip(1), 0.3 * photos, mixed, photos.square()):
        assert tint_loss(change, photos) < 0.03 * unit
    assert tint_loss(torch.full_like(photos, 0.3), photos) < 1e-20


def test_what_is_bright_may_turn_yellow() -> None:
    shade = torch.linspace(0.2, 1, 320, dtype=torch.float64)[:, None].expand(1, 3, 320, 96)
    sky = torch.tensor([0.1, 0.2, 0.6], dtype=torch.float64)[:, None, None].expand(1, 3, 320, 96).clone()
    sky[..., 240:, :] = torch.tensor([0.9, 0.8, 0.2], dtype=torch.float64)[:, None, None]
    assert tint_loss(sky, shade) < 0.1 * tint_variance(sky), "a horizon"
    assert tint_loss(sky, torch.full_like(sky, 0.5)) > 0.9 * tint_variance(sky)


def test_patches_of_the_same_lightness_on_an_even_photo_cost_their_variance(photos: Tensor) -> None:
    luma = (photos * torch.tensor(REC601, dtype=torch.float64)[:, None, None]).sum(1, keepdim=True)
    patches, even = 0.5 + photos - luma, torch.full_like(photos, 0.8)
    assert tone_loss(patches, even) < 1e-20, "tones do not see them"
    made = tints(patches)
    expected = (made - made.mean((2, 3), keepdim=True)).square().mean()
    torch.testing.assert_close(tint_loss(patches, even), expected)


def test_light_and_dark_alone_are_free(photos: Tensor) -> None:
    gray = photos[:, :1].expand_as(photos)
    assert tint_loss(gray, torch.full_like(photos, 0.4)) < 1e-20
    assert tint_loss(photos, gray) > 0.3 * tint_variance(photos), "of a gray photo colors cannot follow"


def test_what_is_left_is_what_likes_have_not() -> None:
    coarse = 0.2 * noise(1, 3, 5, 5, seed=4)
    made, seen = noise(1, 3, 80, 80, seed=3), torch.nn.functional.interpolate(coarse, size=(80, 80))
    colors = torch.nn.functional.avg_pool2d(seen, REACH, REACH // 2).flatten(2)[0].T
    found = tints(made).flatten(2)[0].T
    rest = []
    for color, tint in zip(colors, found, strict=True):
        weights = [math.exp(-((color - other).norm().item() ** 2) / (2 * ALIKE**2)) for other in colors]
        likes = sum(weight * other for weight, other in zip(weights, found, strict=True)) / sum(weights)
        rest.append((tint - likes).square().mean())
    torch.testing.assert_close(tint_loss(made, seen), torch.stack(rest).mean())


def test_each_picture_has_colors_of_its_own(photos: Tensor) -> None:
    both = torch.cat([photos[:1], photos[1:].flip(1)])
    alone = torch.stack([tint_loss(both[each : each + 1], photos[each : each + 1]) for each in (0, 1)])
    torch.testing.assert_close(tint_loss(both, photos), alone.mean())
    assert tint_loss(both, photos) < 0.03 * tint_variance(photos)


def test_gradients() -> None:
    images, photos = noise(2, 3, 70, 70, seed=5).requires_grad_(), noise(2, 3, 70, 70, seed=6)
    slope = torch.autograd.grad(tint_loss(images, photos), images)[0]
    step = 1e-4 * noise(2, 3, 70, 70, seed=7)
    gained = tint_loss(images + step, photos) - tint_loss(images - step, photos)
    torch.testing.assert_close(gained, 2 * (slope * step).sum(), rtol=1e-4, atol=1e-14)
    tiny = tint_loss(images[..., :9, :9], photos[..., :9, :9])
    assert torch.autograd.grad(tiny, images)[0].isfinite().all()


def test_variance_is_of_all_pictures_together() -> None:
    red, green = (torch.zeros(1, 3, 40, 40).index_fill(1, torch.tensor([each]), 0.5) for each in (0, 1))
    both = torch.cat([tints(red), tints(green)])[..., 0, 0]
    expected = both.var(0, correction=0).mean().item()
    assert tint_variance(torch.cat([red, green])).item() == pytest.approx(expected, rel=1e-5)
