"""From the user's pictures to those that are optimized against."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from impasto.errors import ConfigError, ImageReadError, ImageTooLargeError
from impasto.image import luminance, write_image
from impasto.studio.paint import PaintConfig, Recipe
from impasto.studio.paint.pixels import noise_start
from impasto.studio.paint.prepare import (
    Materials,
    gather,
    recolor,
    restore_color,
    start_picture,
    style_size,
)

PictureOf = Callable[[int, int, int], NDArray[np.float32]]


def gathered(content: Any, styles: Any, recipe: Recipe, **settings: Any) -> Materials:
    return gather(content, styles, PaintConfig(**settings), recipe, max_pixels=10_000)


def test_shares_add_up_to_one(small: Recipe, picture: PictureOf) -> None:
    styles = [picture(8, 8, seed) for seed in (1, 2, 3)]
    assert gathered(None, styles, replace(small, init="noise")).weights == pytest.approx((1 / 3,) * 3)
    found = gathered(styles[0], styles, small, style_weights=(1, 0, 3))
    assert found.weights == (0.25, 0.0, 0.75)
    assert [style.size for style in found.styles] == [(8, 8)] * 3
    assert found.start is None


@pytest.mark.parametrize(
    ("content", "count", "settings", "init", "message"),
    [
        (True, 0, {}, "content", "no style was given; give at least one"),
        (
            True,
            2,
            {"style_weights": (1.0,)},
            "content",
            "style_weights has 1 numbers for 2 styles; give one each",
        ),
        (False, 1, {"keep_color": "linear"}, "noise", "keep_color is 'linear', but a texture has no photo"),
        (
            False,
            1,
            {},
            "content",
            "init is 'content', but a texture has none; choose noise, style-stats or a file",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(
    small: Recipe, picture: PictureOf, content: bool, count: int, settings: Any, init: str, message: str
) -> None:
    one = picture(8, 8, 1)
    with pytest.raises(ConfigError, match=message):
        gathered(one if content else None, [one] * count, replace(small, init=init), **settings)


def test_a_start_may_be_a_file(small: Recipe, picture: PictureOf, tmp_path: Path) -> None:
    write_image(str(tmp_path / "start.png"), picture(8, 9, 4))
    one = picture(8, 8, 1)
    found = gathered(one, [one], replace(small, init=str(tmp_path / "start.png")))
    assert found.start is not None
    assert found.start.size == (8, 9)
    with pytest.raises(ImageReadError):
        gathered(one, [one], replace(small, init=str(tmp_path / "none.png")))


def test_too_many_pixels_are_refused(small: Recipe, picture: PictureOf) -> None:
    with pytest.raises(ImageTooLargeError):
        gathered(picture(8, 8, 1), [picture(101, 100, 2)], small)


def materials(small: Recipe, picture: PictureOf) -> Materials:
    return gathered(picture(20, 24, 1), [picture(24, 16, 2), 0.5 * picture(16, 16, 3)], small)


def test_colors_are_left_alone_unless_asked_for(small: Recipe, picture: PictureOf) -> None:
    found = materials(small, picture)
    content, styles = recolor(found, "none")
    assert found.content is not None
    assert content is found.content.pixels
    assert all(a is b.pixels for a, b in zip(styles, found.styles, strict=True))
    texture, styles = recolor(replace(found, content=None), "none")
    assert texture is None
    assert len(styles) == 2


def test_luminance_makes_all_gray_and_styles_like_the_content(small: Recipe, picture: PictureOf) -> None:
    content, styles = recolor(materials(small, picture), "luminance")
    assert content is not None
    np.testing.assert_allclose(content[..., 0], luminance(picture(20, 24, 1)), atol=1e-6)
    for each in (content, *styles):
        assert each.dtype == np.float32
        assert np.array_equal(each[..., 0], each[..., 1])
        assert np.array_equal(each[..., 0], each[..., 2])
        assert 0 <= each.min() < each.max() <= 1
        assert each.mean() == pytest.approx(content.mean(), abs=0.02)
        assert each.std() == pytest.approx(content.std(), rel=0.1)


@pytest.mark.parametrize("keep", ["histogram", "linear"])
def test_styles_take_the_colors_of_the_content(small: Recipe, picture: PictureOf, keep: Any) -> None:
    found = materials(small, picture)
    content, styles = recolor(found, keep)
    assert found.content is not None
    assert content is found.content.pixels
    for style, before in zip(styles, found.styles, strict=True):
        assert style.shape == before.pixels.shape
        assert np.abs(style - before.pixels).max() > 0.05
        np.testing.assert_allclose(style.mean((0, 1)), content.mean((0, 1)), atol=0.02)
        np.testing.assert_allclose(style.std((0, 1)), content.std((0, 1)), rtol=0.1)


def test_restoring_color_gives_the_contents_chroma_and_keeps_the_luminance(picture: PictureOf) -> None:
    result, content = 0.4 + 0.2 * picture(20, 24, 1), 0.4 + 0.2 * picture(40, 48, 2)
    restored = restore_color(result, content, "luminance")
    np.testing.assert_allclose(luminance(restored), luminance(result), atol=1e-5)
    halved = content.reshape(20, 2, 24, 2, 3).mean((1, 3))
    chroma = [each - luminance(each)[..., None] for each in (restored, halved)]
    assert np.abs(chroma[0] - chroma[1]).mean() < 0.01
    for keep in ("none", "histogram", "linear"):
        assert restore_color(result, content, keep) is result
    assert restore_color(result, None, "luminance") is result


@pytest.mark.parametrize(
    ("fit", "scale", "given", "ratio", "expected"),
    [
        ("longest", 1.0, None, 1.0, (200, 100)),  # enlarged: its longest side is the result's
        ("longest", 1.5, None, 1.0, (300, 150)),
        ("native", 1.0, None, 1.0, (100, 50)),  # never enlarged
        ("native", 1.0, None, 0.5, (50, 25)),  # and at coarse sizes smaller in the same ratio
        ("native", 0.25, None, 1.0, (50, 25)),
        ("native", 3.0, None, 1.0, (100, 50)),
        ("content", 1.0, None, 1.0, (120, 200)),  # squashed
        ("content", 0.5, None, 1.0, (60, 100)),
        ("native", 1.0, 80, 1.0, (80, 40)),
        ("content", 1.0, 80, 1.0, (80, 40)),
        ("longest", 1.0, 80, 0.25, (20, 10)),
        ("native", 1.0, 400, 1.0, (400, 200)),  # what is asked for is given
        ("native", 1.0, 1, 0.01, (1, 1)),
        ("content", 0.001, None, 1.0, (1, 1)),
    ],
)
def test_the_size_of_a_style(
    small: Recipe, fit: Any, scale: float, given: int | None, ratio: float, expected: tuple[int, int]
) -> None:
    recipe = replace(small, style_fit=fit, style_scale=scale)
    size = (round(120 * ratio), round(200 * ratio))
    assert style_size(recipe, PaintConfig(style_size=given), (100, 50), size, ratio) == expected


def test_what_to_start_from(small: Recipe, picture: PictureOf) -> None:
    content, style = picture(20, 24, 1), 0.3 + 0.4 * picture(24, 16, 2)
    given = gathered(content, [0.5 * content], small).styles[0]

    def start(init: str, photo: Any = content, file: Any = None) -> NDArray[np.float32]:
        return start_picture(replace(small, init=init, noise=0.1), 5, photo, style, file, (20, 24))

    assert np.array_equal(start("content"), content)
    assert np.array_equal(start("content", file=given), given.pixels)
    assert np.array_equal(start("noise"), noise_start((20, 24), 0.1, 5))
    for photo in (content, None):
        recolored = start("style-stats", photo)
        np.testing.assert_allclose(recolored.mean((0, 1)), style.mean((0, 1)), atol=0.01)
    assert not np.array_equal(start("style-stats"), start("style-stats", None))


def test_a_start_is_made_at_the_size_asked_for(small: Recipe, picture: PictureOf) -> None:
    for init in ("content", "noise", "style-stats"):
        found = start_picture(
            replace(small, init=init), 0, picture(20, 24, 1), picture(9, 9, 2), None, (7, 11)
        )
        assert found.shape == (7, 11, 3)
        assert found.dtype == np.float32
