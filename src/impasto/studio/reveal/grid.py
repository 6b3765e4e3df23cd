"""Grids of paintings: Gatys et al. 2015, figure 3 (layers by weights), and the default recipe's weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from impasto.errors import ConfigError
from impasto.studio.paint import RECIPES, PaintConfig
from impasto.studio.reveal.panels import FigureConfig, Panel, PanelJob, check_each_once
from impasto.studio.reveal.remaining import content_error, style_error
from impasto.studio.reveal.textures import STYLE_LAYERS, layer_sets

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from impasto.image import ImageSource

MEASURES = {"content": content_error, "style": style_error}


@dataclass(frozen=True, kw_only=True)
class GridConfig(FigureConfig):
    """Rows of layers, columns of weights."""

    layers: tuple[str, ...] = STYLE_LAYERS
    """The first row has the style of the first, each further row of one more."""

    ratios: tuple[float, ...] = (1e-5, 1e-4, 1e-3, 1e-2)
    """Weights of content against style (alpha / beta); each gives a column."""

    iterations: int | None = 200
    """Evaluations of the loss for each panel."""

    def __post_init__(self) -> None:
        """Check what can be checked without pictures.

        Raises:
            ConfigError: For a value out of range, naming it and the valid ones.
        """
        super().__post_init__()
        layer_sets(self.layers)
        check_each_once("ratios", self.ratios)
        for ratio in self.ratios:
            if not 0 < ratio < float("inf"):
                raise ConfigError(f"ratios has {ratio:g}; give numbers over 0, such as 1e-4,1e-3")

    @property
    def rows(self) -> tuple[str, ...]:
        """What the rows are called, from the top."""
        return tuple(each.label for each in layer_sets(self.layers))

    @property
    def columns(self) -> tuple[str, ...]:
        """What the columns are called, from the left."""
        return tuple(f"alpha/beta {ratio:g}" for ratio in self.ratios)


def grid_panels(
    photo: ImageSource,
    painting: ImageSource,
    config: GridConfig | None = None,
    *,
    cells: str | os.PathLike[str] | None = None,
    max_pixels: int = 200_000_000,
    on_download: Callable[[int, int], None] | None = None,
) -> PanelJob:
    """Prepare a photo in the style of a painting, by sets of style layers and by weights, row by row.

    All start from the same white noise, and are painted by the `gatys` recipe. What is measured of each:
    `content`, the remaining error of the features at the content layer, ||F - P||^2 / ||P||^2, and `style`,
    that of the Gram matrices of the row's layers, ||G - A||^2 / ||A||^2, the mean over the layers.

    Args:
        photo: What to paint.
        painting: In whose style.
        config: Which layers and weights, and how.
        cells: As of `PanelJob`.
        max_pixels: As of `PanelJob`.
        on_download: As of `PanelJob`.

    Raises:
        ImpastoError: As of `PanelJob`; unknown layers are named, and the least size for the deepest.
    """
    config = config or GridConfig()
    panels = [
        Panel(
            label=f"{each.letter} {ratio:g}",
            recipe=replace(each.recipe(), content_weight=1.0, style_weight=1 / ratio),
            config=config.paint_config(),
        )
        for each in layer_sets(config.layers)
        for ratio in config.ratios
    ]
    return PanelJob(
        "grid",
        photo,
        painting,
        panels,
        MEASURES,
        cells=cells,
        max_pixels=max_pixels,
        on_download=on_download,
    )


@dataclass(frozen=True, kw_only=True)
class WeightsConfig(FigureConfig):
    """Rows of content weights, columns of stroke sizes."""

    content_weights: tuple[float, ...] = (0.3, 1.0, 3.0)
    """Weights of the content loss; each gives a row."""

    style_scales: tuple[float, ...] = (0.5, 1.0, 2.0)
    """Sizes of the style against the result, and so of its strokes; each gives a column."""

    def __post_init__(self) -> None:
        """Check what can be checked without pictures.

        Raises:
            ConfigError: For a value out of range, naming it and the valid ones.
        """
        super().__post_init__()
        check_each_once("content_weights", self.content_weights)
        check_each_once("style_scales", self.style_scales)
        self.panels()

    @property
    def rows(self) -> tuple[str, ...]:
        """What the rows are called, from the top."""
        return tuple(f"content weight {weight:g}" for weight in self.content_weights)

    @property
    def columns(self) -> tuple[str, ...]:
        """What the columns are called, from the left."""
        return tuple(f"style scale {scale:g}" for scale in self.style_scales)

    def panels(self) -> list[Panel]:
        """Return the panels, row by row."""
        return [
            Panel(
                label=f"content {weight:g} scale {scale:g}",
                recipe=RECIPES[PaintConfig.recipe],
                config=self.paint_config(content_weight=weight, style_scale=scale),
            )
            for weight in self.content_weights
            for scale in self.style_scales
        ]


def weights_panels(
    photo: ImageSource,
    painting: ImageSource,
    config: WeightsConfig | None = None,
    *,
    cells: str | os.PathLike[str] | None = None,
    max_pixels: int = 200_000_000,
    on_download: Callable[[int, int], None] | None = None,
) -> PanelJob:
    """Prepare a photo in the style of a painting by content weights and stroke sizes, row by row.

    Painted as `impasto paint` does with `--content-weight` and `--style-scale`, by its default recipe. What
    is measured is as in `grid_panels`, at the recipe's own layers.

    Args:
        photo: What to paint.
        painting: In whose style.
        config: Which weights and sizes, and how.
        cells: As of `PanelJob`.
        max_pixels: As of `PanelJob`.
        on_download: As of `PanelJob`.

    Raises:
        ImpastoError: As of `PanelJob`.
    """
    return PanelJob(
        "weights",
        photo,
        painting,
        (config or WeightsConfig()).panels(),
        MEASURES,
        cells=cells,
        max_pixels=max_pixels,
        on_download=on_download,
    )
