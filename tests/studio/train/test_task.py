"""The loss of a batch: its terms, its calibration, and the size of the strokes."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.errors import ConfigError
from impasto.image import read_image
from impasto.studio.encoders import tiny_encoder
from impasto.studio.losses import (
    contrasts,
    grain_loss,
    gram_loss,
    gram_target,
    palette,
    palette_loss,
    palette_variance,
    quiet_contrast,
    tint_loss,
    tint_variance,
    tone_loss,
    tone_variance,
)
from impasto.studio.train import TrainRecipe
from impasto.studio.train import recipe as recipe_module
from impasto.studio.train.style import cropped, style_size
from impasto.studio.train.task import PALEST, SOFTEST, StyleTask, pooled


def noise(seed: int, batch: int = 1, size: int = 32) -> Tensor:
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def task(small: TrainRecipe) -> StyleTask:
    return StyleTask(tiny_encoder(), small, noise(0, size=40), nullcontext)


def test_terms_are_named_weighted_and_differentiable(task: StyleTask) -> None:
    output, photos = noise(1, 2).requires_grad_(), noise(2, 2)
    terms = task(output, photos)
    assert list(terms) == list(task.weights)
    encoder = tiny_encoder()
    made = encoder(output, ["relu2_2", "relu3_1"])
    content = F.mse_loss(made["relu2_2"], encoder(photos, ["relu2_2"])["relu2_2"])
    assert terms["content/relu2_2"].item() == pytest.approx(content.item(), rel=1e-5)
    target = gram_target(encoder(noise(0, size=40), ["relu3_1"])["relu3_1"])
    style = 2.0 * 0.5 * gram_loss(made["relu3_1"], target)
    assert terms["style/relu3_1"].item() == pytest.approx(style.item(), rel=1e-5)
    assert task(output, photos, task.look(photos)) == terms
    torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
    assert output.grad is not None
    assert output.grad.abs().max() > 0


def test_pooling_lays_each_so_many_maps_below_each_other_where_they_lie() -> None:
    maps = torch.rand(4, 5, 6, 7).contiguous(memory_format=torch.channels_last)
    assert torch.equal(pooled(maps)[0], torch.cat(list(maps), 1))
    pairs = pooled(maps, 2)
    assert torch.equal(pairs[1], torch.cat([maps[2], maps[3]], 1))
    assert pairs.data_ptr() == maps.data_ptr(), "copied"
    maps.requires_grad_()
    pooled(maps, 2)[0].square().sum().backward()  # type: ignore[no-untyped-call]
    assert maps.grad is not None
    assert maps.grad.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(maps.grad, torch.cat([2 * maps[:2], 0 * maps[2:]]))


def test_pooled_styles_are_those_of_all_photos_together(small: TrainRecipe) -> None:
    style = noise(0, size=40)
    recipe = replace(small, style_layers={"relu3_1": 1.0}, style_pooled=True)
    task = StyleTask(tiny_encoder(), recipe, style, nullcontext)
    output = noise(1, 3)
    features = tiny_encoder()(output, ["relu3_1"])["relu3_1"]
    target = gram_target(tiny_encoder()(style, ["relu3_1"])["relu3_1"])
    grams = torch.stack([each.flatten(1) @ each.flatten(1).T / each[0].numel() for each in features])
    expected = 2.0 * (grams.mean(0) - target).square().sum().item()
    unit = gram_loss(features[:1], target).item() / (grams[0] - target).square().sum().item()
    found = task(output, noise(2, 3))["style/relu3_1"].item()
    assert found == pytest.approx(expected * unit, rel=1e-4)
    apart = StyleTask(tiny_encoder(), replace(recipe, style_pooled=False), style, nullcontext)
    assert found < 0.99 * apart(output, noise(2, 3))["style/relu3_1"].item()
    alone = task(output[:1], noise(2))["style/relu3_1"].item()
    assert alone == pytest.approx(apart(output[:1], noise(2))["style/relu3_1"].item(), rel=1e-5)


def test_half_precision_gram_matrices_are_summed_the_fast_way(small: TrainRecipe) -> None:
    half = partial(torch.autocast, "cpu", torch.bfloat16)
    task = StyleTask(tiny_encoder(), replace(small, style_layers={"relu1_1": 1.0}), noise(0, size=40), half)
    output = noise(1, 2, size=64)
    with half():
        features = tiny_encoder()(output, ["relu1_1"])["relu1_1"]
    assert features.dtype == torch.bfloat16
    fast, exact = (
        task.weights["style/relu1_1"] * gram_loss(features, task.targets["relu1_1"], rounded=rounded).item()
        for rounded in (True, False)
    )
    assert task(output, noise(2, 2, size=64))["style/relu1_1"].item() == pytest.approx(fast, rel=1e-6)
    assert fast != pytest.approx(exact, rel=1e-5)


def test_layers_of_weight_zero_are_left_out(small: TrainRecipe) -> None:
    recipe = replace(small, style_layers={"relu1_1": 1.0, "relu5_1": 0.0}, tv_weight=0.0)
    task = StyleTask(tiny_encoder(), recipe, noise(0), nullcontext)
    assert set(task(noise(1), noise(2))) == {"content/relu2_2", "style/relu1_1"}


def test_colors_are_those_of_all_photos_together_in_units_of_the_painting(small: TrainRecipe) -> None:
    style, output, photos = noise(0, size=40), noise(1, 3), noise(2, 3)
    task = StyleTask(tiny_encoder(), replace(small, color_weight=3.0), style, nullcontext)
    wanted = palette(style)
    expected = 3.0 * palette_loss(output, wanted) / palette_variance(wanted)
    assert palette_variance(wanted) > PALEST
    assert task(output, photos)["color"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert list(task(output, photos)) == list(task.weights)
    task.calibrate([photos])
    assert task.weights["color"] == 3.0, "colors have no scale of an encoder"


def test_of_a_painting_of_one_color_distances_stay_finite(small: TrainRecipe) -> None:
    style = torch.full((1, 3, 40, 40), 0.5)
    task = StyleTask(tiny_encoder(), replace(small, color_weight=3.0), style, nullcontext)
    found = task(noise(1), noise(2))["color"].item()
    assert found == pytest.approx(3.0 * palette_loss(noise(1), palette(style)).item() / PALEST, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "loss", "variance"), [("tone", tone_loss, tone_variance), ("tint", tint_loss, tint_variance)]
)
def test_tones_and_tints_are_held_against_the_photos_in_units_of_the_painting(
    small: TrainRecipe,
    name: str,
    loss: Callable[[Tensor, Tensor], Tensor],
    variance: Callable[[Tensor], Tensor],
) -> None:
    style, output, photos = noise(0, size=80), noise(1, 3, size=64), noise(2, 3, size=64)
    output[:, 0, 32:] *= 0.3
    weight: dict[str, Any] = {f"{name}_weight": 3.0}
    recipe = replace(small, **weight)
    task = StyleTask(tiny_encoder(), recipe, style, nullcontext)
    assert variance(style) < PALEST
    assert task(output, photos)[name].item() == pytest.approx(
        3.0 * loss(output, photos).item() / PALEST, rel=1e-5
    )
    style[:, 0, 40:] *= 0.1
    task = StyleTask(tiny_encoder(), recipe, style, nullcontext)
    assert variance(style) > PALEST
    expected = 3.0 * loss(output, photos) / variance(style)
    task.calibrate([photos])
    assert list(task(output, photos)) == list(task.weights)
    assert task(output, photos)[name].item() == pytest.approx(expected.item(), rel=1e-5)


def test_grain_is_held_against_the_even_parts_of_the_painting(small: TrainRecipe) -> None:
    style, output = noise(0, size=80), noise(1, 3, size=64)
    photos = torch.full_like(output, 0.5)
    recipe = replace(small, grain_weight=3.0)
    marks = StyleTask(tiny_encoder(), recipe, style, nullcontext)
    assert not marks(0.5 * output, photos)["grain"], "a painting that has such marks everywhere"
    style[..., :40] = 0.4
    task = StyleTask(tiny_encoder(), recipe, style, nullcontext)
    expected = 3.0 * grain_loss(output, photos, quiet_contrast(style)) / contrasts(style).mean()
    task.calibrate([photos])
    assert list(task(output, photos)) == list(task.weights)
    assert task(output, photos)["grain"].item() == pytest.approx(expected.item(), rel=1e-5)
    still = StyleTask(tiny_encoder(), recipe, torch.full_like(style, 0.4), nullcontext)
    least = 3.0 * grain_loss(output, photos, 1e-4).item() / PALEST**0.5
    assert still(output, photos)["grain"].item() == pytest.approx(least, rel=1e-4)


def test_calibrated_untouched_photos_weigh_what_the_recipe_says(task: StyleTask, small: TrainRecipe) -> None:
    photos = [noise(seed) for seed in (3, 4, 5)]
    task.calibrate(photos)
    sums: dict[str, float] = {}
    for photo in photos:
        for name, term in task(photo, photo).items():
            sums[name] = sums.get(name, 0.0) + term.item() / len(photos)
    assert sums["content/relu2_2"] == 0
    assert sums["style/relu1_1"] == pytest.approx(2.0 * 0.5, rel=1e-4)
    assert sums["style/relu3_1"] == pytest.approx(2.0 * 0.5, rel=1e-4)
    assert sums["tv"] == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize("contrast", [0.05, 0.5])
def test_soft_paintings_are_weighed_against_nothing_at_all(small: TrainRecipe, contrast: float) -> None:
    style = 0.5 + contrast * (noise(0, size=40) - 0.5)
    recipe = replace(small, style_layers={"relu3_1": 1.0})
    encoder, photo = tiny_encoder(), noise(3)
    task = StyleTask(encoder, recipe, style, nullcontext)
    task.calibrate([photo])
    target = gram_target(encoder(style, ["relu3_1"])["relu3_1"])
    seen = encoder(photo, ["relu3_1"])["relu3_1"]
    of_photo, of_nothing = (gram_loss(each, target).item() for each in (seen, torch.zeros_like(seen)))
    assert of_nothing < of_photo, "such a painting is closer to gray than to a photo"
    expected = 2.0 / max(of_nothing, SOFTEST * of_photo)
    assert task.weights["style/relu3_1"] == pytest.approx(expected, rel=1e-4)


def test_calibrated_losses_do_not_depend_on_the_scale_of_the_encoder(small: TrainRecipe) -> None:
    found = []
    for factor in (1.0, 7.0):
        encoder = tiny_encoder()
        encoder.convs["conv1_1"].weight.mul_(factor)  # type: ignore[operator]
        task = StyleTask(encoder, small, noise(0), nullcontext)
        task.calibrate([noise(3)])
        found.append([term.item() for term in task(noise(1), noise(2)).values()])
    assert found[0] == pytest.approx(found[1], rel=1e-3)


@pytest.mark.parametrize(
    ("fit", "side", "scale", "expected"),
    [
        ("native", None, 1.0, (300, 600)),
        ("native", 512, 1.0, (256, 512)),
        ("native", 1024, 1.0, (300, 600)),
        ("native", 512, 2.0, (512, 1024)),
        ("longest", 1200, 1.0, (600, 1200)),
        ("shortest", 256, 1.0, (256, 512)),
        ("square", None, 1.0, (256, 256)),
        ("square", 512, 0.5, (128, 128)),
    ],
)
def test_sizes_of_the_painting(
    fit: recipe_module.StyleFit, side: int | None, scale: float, expected: tuple[int, int], small: TrainRecipe
) -> None:
    recipe = replace(small, size=256, style_fit=fit, style_size=side, style_scale=scale)
    assert style_size(recipe, (300, 600)) == expected


def test_a_crop_is_that_part_of_the_painting() -> None:
    pixels = noise(0, size=20)[0].permute(1, 2, 0).numpy()
    picture = read_image(np.concatenate([pixels, pixels[..., :1]], 2))
    part = cropped(picture, (3, 5, 17, 12))
    assert part.size == (7, 14)
    assert np.array_equal(part.pixels, picture.pixels[5:12, 3:17])
    assert part.alpha is not None
    assert picture.alpha is not None
    assert np.array_equal(part.alpha, picture.alpha[5:12, 3:17])
    assert (part.sha256, part.name) == (picture.sha256, picture.name)
    assert cropped(picture, None) is picture
    for wrong in ((-1, 0, 5, 5), (0, 0, 21, 5), (5, 0, 5, 5), (0, 9, 5, 8), (0, 0, 5, 21)):
        with pytest.raises(ConfigError, match="has 20 x 20 pixels; give LEFT,TOP,RIGHT,BOTTOM inside of it"):
            cropped(picture, wrong)
