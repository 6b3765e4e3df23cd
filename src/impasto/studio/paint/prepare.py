"""From the user's pictures to those that are optimized against: colors, sizes, blends, starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impasto.errors import ConfigError
from impasto.image import (
    fit_size,
    luminance,
    match_histogram,
    match_linear,
    match_luminance,
    read_image,
    replace_luminance,
    resize,
)
from impasto.studio.paint.config import STARTS
from impasto.studio.paint.pixels import noise_start, style_start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from impasto.image import ImageSource, Picture
    from impasto.studio.paint.config import KeepColor, PaintConfig
    from impasto.studio.paint.recipe import Recipe

    Pixels = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Materials:
    """The pictures of one job, read and checked."""

    content: Picture | None
    """What is painted; None for a texture."""

    styles: tuple[Picture, ...]
    """In whose style."""

    weights: tuple[float, ...]
    """Share of each style in the blend; they add up to 1."""

    start: Picture | None
    """The file to start from, if the recipe's start is one."""


def gather(
    content: ImageSource | None,
    styles: Sequence[ImageSource],
    config: PaintConfig,
    recipe: Recipe,
    *,
    max_pixels: int,
) -> Materials:
    """Read the pictures of a job.

    Raises:
        ConfigError: For no style, a number of weights that is not that of the styles, or a texture that is
            asked to start from its content or to keep its colors.
        ImageError: For a picture that cannot be read.
    """
    if not styles:
        raise ConfigError("no style was given; give at least one picture to take the style from")
    weights = config.style_weights or (1.0,) * len(styles)
    if len(weights) != len(styles):
        raise ConfigError(f"style_weights has {len(weights)} numbers for {len(styles)} styles; give one each")
    if content is None and config.keep_color != "none":
        raise ConfigError(
            f"keep_color is {config.keep_color!r}, but a texture has no photo whose colors to keep"
        )
    if content is None and recipe.init == "content":
        raise ConfigError("init is 'content', but a texture has none; choose noise, style-stats or a file")
    return Materials(
        content=None if content is None else read_image(content, max_pixels=max_pixels),
        styles=tuple(read_image(style, max_pixels=max_pixels) for style in styles),
        weights=tuple(weight / sum(weights) for weight in weights),
        start=None if recipe.init in STARTS else read_image(recipe.init, max_pixels=max_pixels),
    )


def recolor(materials: Materials, keep: KeepColor) -> tuple[Pixels | None, list[Pixels]]:
    """Return content and styles as the losses shall see them, so that the photo's colors can be kept.

    Luminance: both become gray, the styles with the content's mean and deviation of luminance. Histogram,
    linear: the styles take the content's colors. All from Gatys et al. 2017, section 5.
    """
    styles = [style.pixels for style in materials.styles]
    if materials.content is None or keep == "none":
        return None if materials.content is None else materials.content.pixels, styles
    content = materials.content.pixels
    if keep == "luminance":
        luma = luminance(content)
        return _gray(luma), [_gray(match_luminance(luminance(style), luma)) for style in styles]
    match = MATCHERS[keep]
    return content, [match(style, content) for style in styles]


MATCHERS: dict[str, Callable[[Pixels, Pixels], Pixels]] = {
    "histogram": match_histogram,
    "linear": match_linear,
}


def restore_color(result: Pixels, content: Pixels | None, keep: KeepColor) -> Pixels:
    """Give the result the content's own chroma, where luminance alone was painted."""
    if keep != "luminance" or content is None:
        return result
    return replace_luminance(resize(content, (result.shape[0], result.shape[1])), luminance(result))


def _gray(luma: NDArray[np.float32]) -> Pixels:
    return np.repeat(np.clip(luma, 0, 1)[..., None], 3, axis=2).astype(np.float32)


def style_size(
    recipe: Recipe, config: PaintConfig, own: tuple[int, int], size: tuple[int, int], ratio: float
) -> tuple[int, int]:
    """Return the height and width at which a style is seen while the result is worked on.

    Args:
        recipe: Says how a style is fitted, and its scale.
        config: Its `style_size`, where given, is the style's longest side at the final size.
        own: The style picture's height and width.
        size: Height and width of the result at this level.
        ratio: This level's size against the final one.
    """
    if config.style_size is not None:
        return fit_size(own, max(1, round(config.style_size * ratio)))
    if recipe.style_fit == "content":
        return max(1, round(size[0] * recipe.style_scale)), max(1, round(size[1] * recipe.style_scale))
    longest = max(size) * recipe.style_scale
    if recipe.style_fit == "native":
        # Enlarging a painting adds blur to its statistics, and paints it. Coarse levels keep the same ratio.
        longest = min(longest, max(own) * ratio)
    return fit_size(own, max(1, round(longest)))


def start_picture(
    recipe: Recipe,
    seed: int,
    content: Pixels | None,
    style: Pixels,
    given: Picture | None,
    size: tuple[int, int],
) -> Pixels:
    """Return the picture to start from at the coarsest level, `(H, W, 3)`."""
    if given is not None:
        return resize(given.pixels, size)
    if recipe.init == "noise":
        return noise_start(size, recipe.noise, seed)
    if recipe.init == "style-stats" or content is None:
        return style_start(content, style, size, seed)
    return resize(content, size)
