"""Photos from the features of one layer: Gatys et al. 2015, figure 1, content reconstructions."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from impasto.errors import ConfigError
from impasto.studio.paint import PaintJob, Recipe
from impasto.studio.reveal.panels import FigureConfig, Panel, PanelJob, check_each_once
from impasto.studio.reveal.remaining import content_error, pixel_rmse, psnr

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from impasto.image import ImageSource


@dataclass(frozen=True, kw_only=True)
class ReconstructConfig(FigureConfig):
    """Which layers to reconstruct from, and how."""

    layers: tuple[str, ...] = ("conv1_1", "conv1_2", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
    """Each gives a panel."""

    iterations: int | None = 300
    """Evaluations of the loss for each panel."""

    noise: float = 1 / 255
    """Standard deviation of the white noise to start from, in [0, 1] pixel values.

    What a layer does not see stays in the picture as it was at the start. One gray level is what Gatys's own
    code (DeepTextures) starts from; with 64 the low layers are matched as well, under grain.
    """

    def __post_init__(self) -> None:
        """Check what can be checked without a picture.

        Raises:
            ConfigError: For a value out of range, naming it and the valid ones.
        """
        super().__post_init__()
        check_each_once("layers", self.layers)
        if not 0 <= self.noise < float("inf"):
            raise ConfigError(f"noise is {self.noise}; give a number of at least 0, such as 0.004")


def content_panels(
    photo: ImageSource,
    config: ReconstructConfig | None = None,
    *,
    cells: str | os.PathLike[str] | None = None,
    max_pixels: int = 200_000_000,
    on_download: Callable[[int, int], None] | None = None,
) -> PanelJob:
    """Prepare the reconstructions of a photo from white noise, each from one layer alone.

    What is measured of each: `feature`, the remaining error of the layer's features against the features
    themselves, ||F - P||^2 / ||P||^2; `pixel`, the root mean square error in gray levels of 0 to 255; `psnr`,
    the same in decibels, and at most 100.

    Args:
        photo: What to reconstruct.
        config: From which layers, and how.
        cells: As of `PanelJob`.
        max_pixels: As of `PanelJob`.
        on_download: As of `PanelJob`.

    Raises:
        ImpastoError: As of `PanelJob`; unknown layers are named, and the least size for the deepest.
    """
    config = config or ReconstructConfig()
    panels = [
        Panel(label=layer, recipe=_recipe(layer, config.noise), config=config.paint_config())
        for layer in config.layers
    ]
    measures = {"feature": content_error, "pixel": _pixel, "psnr": _psnr}
    return PanelJob(
        "content",
        photo,
        photo,
        panels,
        measures,
        cells=cells,
        max_pixels=max_pixels,
        on_download=on_download,
    )


def _recipe(layer: str, noise: float) -> Recipe:
    return Recipe(
        name="reconstruct",
        source="Gatys, Ecker & Bethge 2015, A Neural Algorithm of Artistic Style, equation 1 and figure 1",
        pooling="average",
        # Not half the sum of squares, but the share that they have of the features' own: the minimum is the
        # same, and all layers and sets of weights begin alike. Where L-BFGS finds no curvature to go by, as
        # in first steps through ReLUs and poolings, its step is the gradient itself; that of the sum threw
        # pictures out of all bounds, this one is short.
        balance=True,
        content_form="mean",
        content_layers=MappingProxyType({layer: 1.0}),
        content_weight=100.0,
        style_form="gatys",
        style_layers=MappingProxyType({}),
        style_weight=0.0,
        init="noise",
        noise=noise,
        unit="unit",
    )


def _pixel(job: PaintJob, image: NDArray[np.float32]) -> float:
    return pixel_rmse(image, _original(job))


def _psnr(job: PaintJob, image: NDArray[np.float32]) -> float:
    return psnr(image, _original(job))


def _original(job: PaintJob) -> NDArray[np.float32]:
    photo, _ = job.targets(job.levels[-1])
    assert photo is not None
    return photo[0].permute(1, 2, 0).cpu().numpy()
