"""Stylize pictures: load a style once, call it with many photos (Johnson et al. 2016, one forward pass)."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto._version import __version__
from impasto.errors import ArtifactError, ImageReadError, ImageTooSmallError
from impasto.image import (
    Painting,
    fit_size,
    luminance,
    match_histogram,
    match_linear,
    quantized,
    read_image,
    replace_luminance,
    resize,
)
from impasto.image.picture import HEAD, check_size, sniff
from impasto.models.config import ApplyConfig, KeepColor
from impasto.models.engine import EngineName, check_engine, open_session
from impasto.models.files import read_artifact
from impasto.models.registry import find_style

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    from impasto.image import ImageSource, Picture
    from impasto.models.artifact import Card
    from impasto.models.files import ArtifactFile

    Pixels = NDArray[np.float32]
    Style = str | os.PathLike[str]

MIN_SIDE = 16
"""The longest side of a picture has at least so many pixels: fewer hold no stroke."""


class Stylizer:
    """A style, ready to be applied; may be called from several threads at once.

    Example:
        >>> stylize = Stylizer("great-wave.onnx")          # doctest: +SKIP
        >>> pixels = stylize("photo.jpg", strength=0.8)    # doctest: +SKIP
    """

    def __init__(self, style: Style, *, engine: EngineName = "auto", threads: int | None = None) -> None:
        """Load a model, or take it from those that are ready.

        Args:
            style: Name of an installed style, or path of an .onnx file.
            engine: `openvino`, `onnxruntime`, or `auto`, the faster one that is installed.
            threads: That it may use; None for as many as there are cores.

        Raises:
            ArtifactError: An unknown name, or a file that is not a model of impasto.
            ConfigError: An engine that there is not, or threads below 1.
            MissingExtraError: The engine is not installed here.
        """
        check_engine(engine, threads)
        file = read_artifact(find_style(style))
        _refuse_picture(file)
        self._session = open_session(file, engine=engine, threads=threads)
        self._file = PurePath(file.name).name
        if self.card.kind == "superres":
            raise ArtifactError(
                f"{file.name} makes pictures larger, and knows no style; use `impasto upscale`"
            )
        if self.card.kind != "model":
            raise ArtifactError(f"{file.name} is a {self.card.kind}, not a model; give a model")

    @property
    def card(self) -> Card:
        """What the model says of itself."""
        return self._session.card

    @property
    def engine(self) -> str:
        """The engine that runs it."""
        return self._session.engine

    @property
    def precision(self) -> str:
        """The arithmetic that it runs in: `f32` or `bf16`."""
        return self._session.precision

    def __call__(
        self,
        photo: ImageSource,
        *,
        size: int | None = None,
        strength: float = 1.0,
        keep_color: KeepColor = "none",
    ) -> Pixels:
        """Stylize a photo and return its pixels.

        Args:
            photo: (H, W, 3) or (H, W, 4) array, path, or PIL image; see `read_image`.
            size: As of `ApplyConfig`, as are the others.
            strength: 0 gives the photo, 1 the stylized picture.
            keep_color: How much of the photo's color stays.

        Returns:
            (H, W, 3) float32 sRGB in [0, 1]; (H, W, 4) where the photo has transparency, which stays.

        Raises:
            ImageError: A photo that cannot be read, or is smaller than 16 pixels on its longest side.
            ConfigError: A setting that is not valid.
        """
        made = self.stylize(photo, ApplyConfig(size=size, strength=strength, keep_color=keep_color))
        return made.pixels if made.alpha is None else np.dstack([made.pixels, made.alpha])

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
        began = time.perf_counter()
        source = read_image(photo, max_pixels=max_pixels)
        size = source.size if config.size is None else fit_size(source.size, config.size)
        _check_size(source.name, size, max_pixels)
        pixels = resize(source.pixels, size)
        alpha = None if source.alpha is None else resize(source.alpha, size)
        made = self._blend(pixels, config)
        seconds = time.perf_counter() - began
        return Painting(pixels=made, alpha=alpha, record=self._record(source, config, size), seconds=seconds)

    def frame(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Stylize bare 8-bit pixels, with nothing around it: the shortest way, for films.

        Args:
            pixels: (H, W, 3), sRGB levels.

        Returns:
            The same.
        """
        session = self._session
        if session.dtype == np.uint8:
            return session.run(pixels)
        made = session.run(pixels.astype(np.float32) / np.float32(255))
        return quantized(made, 255).astype(np.uint8)

    def _blend(self, photo: Pixels, config: ApplyConfig) -> Pixels:
        if config.strength == 0:
            return photo
        made = RECOLOR[config.keep_color](self._run(photo), photo)
        return made if config.strength == 1 else photo + np.float32(config.strength) * (made - photo)

    def _run(self, photo: Pixels) -> Pixels:
        session = self._session
        if session.dtype == np.uint8:
            made = session.run(quantized(photo, 255).astype(np.uint8)).astype(np.float32)
            made /= 255
            return made
        painted: Pixels = np.clip(session.run(photo), 0, 1)
        return painted

    def _record(self, source: Picture, config: ApplyConfig, size: tuple[int, int]) -> dict[str, Any]:
        name = PurePath(source.name)
        return {
            "impasto": __version__,
            "verb": "apply",
            "settings": config.changes(),
            "size": list(size),
            # Without the folder of an absolute path, which may tell who worked.
            "content": {"name": name.name if name.is_absolute() else str(name), "sha256": source.sha256},
            "style": {"name": self.card.name, "file": self._file, "sha256": self._session.sha256},
            "engine": self.engine,
            "precision": self.precision,
        }


def apply(
    photo: ImageSource,
    style: Style,
    *,
    size: int | None = None,
    strength: float = 1.0,
    keep_color: KeepColor = "none",
    engine: EngineName = "auto",
    threads: int | None = None,
) -> Painting:
    """Stylize one photo with a trained network: milliseconds, once it is loaded.

    The network stays loaded; for many photos see also `Stylizer`.

    Args:
        photo: A path, PIL image or array.
        style: Name of an installed style, or path of an .onnx file.
        size: Longest side of the result in pixels; the photo's own when None.
        strength: 0 gives the photo, 1 the stylized picture, between them a blend.
        keep_color: `none`; `luminance` takes the photo's hues, `histogram` and `linear` recolor the result.
        engine: As of `Stylizer`.
        threads: As of `Stylizer`.

    Raises:
        ImpastoError: For photos, styles and settings that cannot be used.
    """
    config = ApplyConfig(size=size, strength=strength, keep_color=keep_color)
    return Stylizer(style, engine=engine, threads=threads).stylize(photo, config)


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


def _refuse_picture(file: ArtifactFile) -> None:
    """Tell who gives a painting for a style, as `impasto paint` takes it, what is wanted here."""
    with suppress(ImageReadError):
        sniff(file.data[:HEAD], file.name)
        raise ArtifactError(
            f"{file.name} is a picture, and a style is a trained network: train one with `impasto train`, or "
            "paint with the picture itself with `impasto paint`"
        )


def _check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    if max(size) < MIN_SIDE:
        raise ImageTooSmallError(
            f"{name!r} would be stylized at {size[1]} x {size[0]} pixels; the longest side must be at least "
            f"{MIN_SIDE}, so give a larger picture or --size"
        )
    check_size(name, size, max_pixels)
