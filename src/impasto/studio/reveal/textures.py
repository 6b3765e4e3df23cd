"""Textures from growing sets of layers: Gatys et al. 2015, figure 1, style reconstructions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import TYPE_CHECKING

from impasto.studio.paint import RECIPES
from impasto.studio.reveal.panels import FigureConfig, Panel, PanelJob, check_each_once
from impasto.studio.reveal.remaining import style_error

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from impasto.image import ImageSource
    from impasto.studio.paint import Recipe

STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
"""Those of the paper, one a block."""


@dataclass(frozen=True, kw_only=True)
class LayerSet:
    """Some layers, and what the figure calls them."""

    letter: str
    """`a` for the first set, and so on."""

    layers: tuple[str, ...]
    """Its layers."""

    @property
    def label(self) -> str:
        """`a: conv1_1`, `b: + conv2_1`, ..."""
        return f"{self.letter}: {'+ ' * (len(self.layers) > 1)}{self.layers[-1]}"

    def recipe(self) -> Recipe:
        """Return the recipe of Gatys et al. with the style from these layers, all of one weight."""
        layers = dict.fromkeys(self.layers, 1 / len(self.layers))
        return replace(RECIPES["gatys"], style_layers=layers)


def layer_sets(layers: Sequence[str]) -> tuple[LayerSet, ...]:
    """Return the sets that grow by one layer at a time: the first layer, the first two, and so on.

    Args:
        layers: In the order in which they are added.

    Raises:
        ConfigError: For no layer, or one that is there twice.
    """
    check_each_once("layers", layers)
    letters = [*ascii_lowercase, *(f"{letter}{letter}" for letter in ascii_lowercase)]
    return tuple(
        LayerSet(letter=letters[index], layers=tuple(layers[: index + 1])) for index in range(len(layers))
    )


@dataclass(frozen=True, kw_only=True)
class TexturesConfig(FigureConfig):
    """Which layers to take the style from, and how."""

    layers: tuple[str, ...] = STYLE_LAYERS
    """The first panel has the style of the first, each further one of one more."""

    size: int = 256
    """Longest side of a panel in pixels."""

    iterations: int | None = 250
    """Evaluations of the loss for each panel."""

    def __post_init__(self) -> None:
        """Check what can be checked without a picture.

        Raises:
            ConfigError: For a value out of range, naming it and the valid ones.
        """
        super().__post_init__()
        layer_sets(self.layers)


def style_panels(
    painting: ImageSource,
    config: TexturesConfig | None = None,
    *,
    cells: str | os.PathLike[str] | None = None,
    max_pixels: int = 200_000_000,
    on_download: Callable[[int, int], None] | None = None,
) -> PanelJob:
    """Prepare the textures of a painting, from white noise, by the style terms of the `gatys` recipe alone.

    What is measured of each: `style`, the remaining error of the set's Gram matrices against the matrices
    themselves, ||G - A||^2 / ||A||^2, the mean over the layers.

    Args:
        painting: Whose style it is.
        config: From which layers, and how.
        cells: As of `PanelJob`.
        max_pixels: As of `PanelJob`.
        on_download: As of `PanelJob`.

    Raises:
        ImpastoError: As of `PanelJob`; unknown layers are named, and the least size for the deepest.
    """
    config = config or TexturesConfig()
    panels = [
        Panel(label=each.label, recipe=each.recipe(), config=config.paint_config())
        for each in layer_sets(config.layers)
    ]
    return PanelJob(
        "style",
        None,
        painting,
        panels,
        {"style": style_error},
        cells=cells,
        max_pixels=max_pixels,
        on_download=on_download,
    )
