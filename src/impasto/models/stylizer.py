"""Stylize pictures: load a style once, call it with many photos (Johnson et al. 2016, one forward pass)."""

from __future__ import annotations

import time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto._version import __version__
from impasto.errors import ImageTooSmallError
from impasto.image import (
    Painting,
    fit_size,
    luminance,
    match_histogram,
    match_linear,
    read_image,
    replace_luminance,
    resize,
    resize_levels,
)
from impasto.image.picture import check_size
from impasto.models.config import ApplyConfig, KeepColor
from impasto.models.engine import EngineName, check_engine
from impasto.models.painter import LEVELS, NUMBERS, painted
from impasto.models.style import Setup, make_ready

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    from impasto.image import ImageSource, Picture
    from impasto.models.artifact import Card
    from impasto.models.base import Base
    from impasto.models.session import Session
    from impasto.models.style import StyleSource

    Pixels = NDArray[np.float32]

MIN_SIDE = 16
"""The longest side of a picture has at least so many pixels: fewer hold no stroke."""

OWN_SIDE = 512
"""Longest side of pictures that are painted at their own size, for strokes of size 1.

A network's strokes are some pixels wide, whatever the picture: over a large one they are a fine weave, which
is gone where it is looked at as a whole. So larger pictures are painted smaller, and are then made as large
as they should be: strokes grow with the root of the picture's size, and so do the details that they leave.
"""


class Stylizer:
    """A style, ready to be applied; may be called from several threads at once.

    Example:
        >>> stylize = Stylizer("great-wave.onnx")                          # doctest: +SKIP
        >>> pixels = stylize("photo.jpg", strength=0.8)                    # doctest: +SKIP
        >>> pixels = Stylizer("wave:0.6,my-night.jpg:0.4")("photo.jpg")    # doctest: +SKIP
    """

    def __init__(
        self,
        style: StyleSource,
        *,
        base: Base | str | os.PathLike[str] | None = None,
        engine: EngineName = "auto",
        threads: int | None = None,
    ) -> None:
        """Read a style. What it needs to run is loaded here, or for brushes with the first picture.

        Args:
            style: Name of an installed model or brush (where both have it, the model); path of a
                model.onnx, a .brush or a painting; `a:0.6,b:0.4`, a blend of brushes and paintings; a
                `Brush`; a painting as an array or PIL image.
            base: For brushes and paintings: the folder of a base, or None for the installed one.
            engine: `openvino`, `onnxruntime`, or `auto`, the faster one that is installed.
            threads: That it may use; None for as many as there are cores.

        Raises:
            ArtifactError: An unknown name, a file that is no style, a brush for another base, or no base.
            ImageError: A painting that cannot be read.
            ConfigError: An engine that there is not, or threads below 1.
            MissingExtraError: The engine is not installed here.
        """
        check_engine(engine, threads)
        self._style = make_ready(style, Setup(base=base, engine=engine, threads=threads))

    def prepare(self) -> None:
        """Load all that is needed, so that the first picture waits for nothing.

        Raises:
            ArtifactError: The style or the base is damaged.
        """
        self._style.session()

    @property
    def card(self) -> Card:
        """What the style says of itself."""
        return self._style.card

    @property
    def engine(self) -> str:
        """The engine that runs it."""
        return self._style.session().engine

    @property
    def precision(self) -> str:
        """The arithmetic that it runs in, `f32` or `bf16`; small pictures may be computed in f32 always."""
        return self._style.session().precision

    def __call__(
        self,
        photo: ImageSource,
        *,
        size: int | None = None,
        strength: float = 1.0,
        keep_color: KeepColor = "none",
        stroke: float = 1.0,
        underpainting: float | None = None,
    ) -> Pixels:
        """Stylize a photo and return its pixels.

        Args:
            photo: (H, W, 3) or (H, W, 4) array, path, or PIL image; see `read_image`.
            size: As of `ApplyConfig`, as are the others.
            strength: 0 gives the photo, 1 the stylized picture.
            keep_color: How much of the photo's color stays.
            stroke: 0.5 (finer) to 2 (broader strokes).
            underpainting: 0 (none, and faster) to 1 (bolder); as the style was learned when None.

        Returns:
            (H, W, 3) float32 sRGB in [0, 1]; (H, W, 4) where the photo has transparency, which stays.

        Raises:
            ImageError: A photo that cannot be read, or is smaller than 16 pixels on its longest side.
            ConfigError: A setting that is not valid.
        """
        config = ApplyConfig(
            size=size, strength=strength, keep_color=keep_color, stroke=stroke, underpainting=underpainting
        )
        made = self.stylize(photo, config)
        return made.pixels if made.alpha is None else np.dstack([made.pixels, made.alpha])

    apply = __call__

    def stylize(
        self, photo: ImageSource, config: ApplyConfig | None = None, *, max_pixels: int = 200_000_000
    ) -> Painting:
        """Stylize a photo and return all of it: pixels, alpha, record, seconds.

        Args:
            photo: As of a call.
            config: How.
            max_pixels: Refuse larger photos, and larger results.
        """
        config = config or ApplyConfig()
        session = self._style.session()
        began = time.perf_counter()
        source = read_image(photo, max_pixels=max_pixels)
        size = source.size if config.size is None else fit_size(source.size, config.size)
        _check_size(source.name, size, max_pixels)
        pixels = resize(source.pixels, size)
        alpha = None if source.alpha is None else resize(source.alpha, size)
        made = _blend(session, pixels, config, self._underpainting(config))
        seconds = time.perf_counter() - began
        record = self._record(source, config, size, session)
        return Painting(pixels=made, alpha=alpha, record=record, seconds=seconds)

    def frame(
        self, pixels: NDArray[np.uint8], *, stroke: float | None = 1.0, underpainting: float | None = None
    ) -> NDArray[np.uint8]:
        """Stylize bare 8-bit pixels, with nothing around it: the shortest way, for films.

        Args:
            pixels: (H, W, 3), sRGB levels.
            stroke: As of a call; None for what the network does with these very pixels.
            underpainting: As of a call.

        Returns:
            The same.

        Raises:
            ConfigError: A stroke or an underpainting that is not valid.
        """
        config = ApplyConfig(stroke=1.0 if stroke is None else stroke, underpainting=underpainting)
        height, width = pixels.shape[:2]
        canvas = pixels
        if stroke is not None:
            canvas = resize_levels(pixels, painted_at((height, width), config.stroke))
        made = painted(canvas, self._underpainting(config), self._style.session(), LEVELS)
        return resize_levels(made, (height, width))

    def _underpainting(self, config: ApplyConfig) -> float:
        said = config.underpainting
        return self._style.card.underpainting if said is None else said

    def _record(
        self, source: Picture, config: ApplyConfig, size: tuple[int, int], session: Session
    ) -> dict[str, Any]:
        name = PurePath(source.name)
        return {
            "impasto": __version__,
            "verb": "apply",
            "settings": config.changes(),
            "size": list(size),
            "painted_at": list(painted_at(size, config.stroke)),
            "underpainting": self._underpainting(config),
            # Without the folder of an absolute path, which may tell who worked.
            "content": {"name": name.name if name.is_absolute() else str(name), "sha256": source.sha256},
            "style": self._style.record(),
            "engine": session.engine,
            "precision": session.precision_at(painted_at(size, config.stroke)),
        }


def apply(
    photo: ImageSource,
    style: StyleSource,
    *,
    size: int | None = None,
    strength: float = 1.0,
    keep_color: KeepColor = "none",
    stroke: float = 1.0,
    underpainting: float | None = None,
    base: Base | str | os.PathLike[str] | None = None,
    engine: EngineName = "auto",
    threads: int | None = None,
) -> Painting:
    """Stylize one photo by one pass of a network: milliseconds, once it is loaded.

    The network stays loaded; for many photos see also `Stylizer`.

    Args:
        photo: A path, PIL image or array.
        style: As of `Stylizer`.
        size: Longest side of the result in pixels; the photo's own when None.
        strength: 0 gives the photo, 1 the stylized picture, between them a blend.
        keep_color: `none`; `luminance` takes the photo's hues, `histogram` and `linear` recolor the result.
        stroke: Size of the strokes, 0.5 (finer) to 2 (broader).
        underpainting: 0 (none, and faster) to 1 (bolder); as the style was learned when None.
        base: As of `Stylizer`.
        engine: As of `Stylizer`.
        threads: As of `Stylizer`.

    Raises:
        ImpastoError: For photos, styles and settings that cannot be used.
    """
    config = ApplyConfig(
        size=size, strength=strength, keep_color=keep_color, stroke=stroke, underpainting=underpainting
    )
    return Stylizer(style, base=base, engine=engine, threads=threads).stylize(photo, config)


def painted_at(size: tuple[int, int], stroke: float = 1.0) -> tuple[int, int]:
    """Return the size at which a picture is painted, so that its strokes become as wide as they should be.

    Args:
        size: Its height and width.
        stroke: How wide, 0.5 to 2; 1 is a network's own width at 512 pixels, and 1.4 times that at 1024.
    """
    longest = max(size)
    wider = stroke * max(1.0, (longest / OWN_SIDE) ** 0.5)
    return fit_size(size, max(MIN_SIDE, round(longest / wider)))


def _blend(session: Session, photo: Pixels, config: ApplyConfig, share: float) -> Pixels:
    if config.strength == 0:
        return photo
    height, width = photo.shape[:2]
    canvas = resize(photo, painted_at((height, width), config.stroke))
    large = resize(painted(canvas, share, session, NUMBERS), (height, width))
    made = RECOLOR[config.keep_color](large, photo)
    return made if config.strength == 1 else photo + np.float32(config.strength) * (made - photo)


def _keep_hues(made: Pixels, photo: Pixels) -> Pixels:
    kept: Pixels = replace_luminance(photo, luminance(made))
    return kept


RECOLOR: dict[str, Callable[[Pixels, Pixels], Pixels]] = {
    "none": lambda made, _: made,
    "luminance": _keep_hues,
    "histogram": match_histogram,
    "linear": match_linear,
}
"""Give a result the photo's colors: Gatys et al. 2017, section 5, though there the painting gets them."""


def _check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    if max(size) < MIN_SIDE:
        raise ImageTooSmallError(
            f"{name!r} would be stylized at {size[1]} x {size[0]} pixels; the longest side must be at least "
            f"{MIN_SIDE}, so give a larger picture or --size"
        )
    check_size(name, size, max_pixels)
