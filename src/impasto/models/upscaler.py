"""Make pictures larger: load a model once, call it with many photos of any size (Johnson et al. 2016).

The network has no statistics of the whole picture, so it works tile by tile, and no seam is seen.
"""

from __future__ import annotations

import time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto._version import __version__
from impasto.errors import ArtifactError, ConfigError, ImageTooLargeError, ImageTooSmallError
from impasto.image import Upscaled, check_fits, quantized, read_image, resize_levels, tiles
from impasto.models.engine import EngineName, check_engine, open_session
from impasto.models.files import BRUSH_SUFFIX, read_artifact
from impasto.models.registry import FACTORS, find_upscaler

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    from impasto.image import ImageSource, Picture
    from impasto.models.artifact import Card

    Levels = NDArray[np.uint8]
    Model = str | os.PathLike[str]
    OnTile = Callable[[int, int], None]

MIN_SIDE = 4
"""Both sides of a picture have at least so many pixels: as many as a bicubic kernel has."""

NUMBERS = 2**24
"""Numbers that one layer gives for a tile, at most: 64 MiB of them, and a few layers are there at a time."""

LARGEST = 2**18
"""Pixels of a tile, before it is made larger, at most."""

REMEDY = "give a model that `impasto train superres` wrote"

REACH, WIDTH = 32, 64
"""Of a model whose card does not say how far it sees, and how much each pixel becomes: what is sure to do."""


class Upscaler:
    """A model that makes pictures larger, ready to be used; may be called from several threads at once.

    Example:
        >>> upscale = Upscaler(factor=4)          # doctest: +SKIP
        >>> levels = upscale("photo.jpg")         # doctest: +SKIP
    """

    def __init__(
        self,
        model: Model | None = None,
        *,
        factor: int | None = None,
        engine: EngineName = "auto",
        threads: int | None = None,
    ) -> None:
        """Load a model, or take it from those that are ready.

        Args:
            model: Path of an .onnx file, or name or manner of an installed model; None for the default one.
            factor: How many times as large; the model's own when None, or where no model is named, 4.
            engine: `openvino`, `onnxruntime`, or `auto`, the faster one that is installed.
            threads: That it may use; None for as many as there are cores.

        Raises:
            ArtifactError: No such model, a file that is none, or one of another factor.
            ConfigError: A factor that none has, an engine that there is not, or threads below 1.
            MissingExtraError: The engine is not installed here.
        """
        check_engine(engine, threads)
        if factor is not None and factor not in FACTORS:
            raise ConfigError(f"factor is {factor!r}; choose {', '.join(map(str, FACTORS))}")
        file = read_artifact(find_upscaler(model, factor), remedy=REMEDY)
        if PurePath(file.name).suffix.lower() == BRUSH_SUFFIX:  # which no engine could open
            raise _not_for_this(file.name, "brush")
        self._session = open_session(file, engine=engine, threads=threads)
        self._file = PurePath(file.name).name
        self._check_model(file.name, factor)

    @property
    def card(self) -> Card:
        """What the model says of itself."""
        return self._session.card

    @property
    def factor(self) -> int:
        """How many times as large on each side it makes pictures."""
        return self.card.factor

    @property
    def engine(self) -> str:
        """The engine that runs it."""
        return self._session.engine

    @property
    def reach(self) -> int:
        """How far from a pixel of the result, in pixels of the photo, something can change it."""
        return self._number("reach", REACH)

    def __call__(self, photo: ImageSource) -> Levels:
        """Make a photo larger and return its levels.

        Args:
            photo: (H, W, 3) or (H, W, 4) array, path, or PIL image; see `read_image`.

        Returns:
            (factor * H, factor * W, 3) uint8 sRGB; (.., 4) where the photo has transparency.

        Raises:
            ImageError: A photo that cannot be read, or has a side of less than 4 pixels.
        """
        made = self.upscale(photo)
        return made.levels if made.alpha is None else np.dstack([made.levels, made.alpha])

    def upscale(
        self,
        photo: ImageSource,
        *,
        max_pixels: int = 200_000_000,
        meant_for: str | os.PathLike[str] | None = None,
        on_tile: OnTile | None = None,
    ) -> Upscaled:
        """Make a photo larger and return all of it: levels, alpha, record, seconds.

        Args:
            photo: As of a call.
            max_pixels: Refuse larger photos, and larger results.
            meant_for: Where it is to be saved: what that format cannot hold is refused before it is made.
            on_tile: As of `frame`.

        Raises:
            ImageTooLargeError: The photo or the result has more pixels.
            ImageTooSmallError: A side has less than 4.
            ImageWriteError: A side of the result is longer than the format that it is meant for holds.
        """
        began = time.perf_counter()
        source = read_image(photo, max_pixels=max_pixels)
        self._check_size(source, max_pixels)
        record, size = self._record(source), source.size
        if meant_for is not None:
            check_fits(meant_for, (self.factor * size[0], self.factor * size[1]))
        levels, alpha = _levels(source.pixels), source.alpha
        clear = None if alpha is None else _levels(alpha)
        del source, alpha, photo  # floats take four times as much as levels: gone before the result is made
        large = (
            None if clear is None else resize_levels(clear, (self.factor * size[0], self.factor * size[1]))
        )
        made = self.frame(levels, on_tile=on_tile)
        return Upscaled(levels=made, alpha=large, record=record, seconds=time.perf_counter() - began)

    def frame(self, levels: Levels, *, area: int | None = None, on_tile: OnTile | None = None) -> Levels:
        """Make bare 8-bit pixels larger, tile by tile.

        Args:
            levels: (H, W, 3) sRGB.
            area: Pixels of a tile at most; None for what fits the model.
            on_tile: Called after each tile, with how many are done and how many there are.

        Returns:
            (factor * H, factor * W, 3).
        """
        factor = self.factor
        height, width = levels.shape[:2]
        made = np.empty((factor * height, factor * width, 3), np.uint8)
        places = list(tiles((height, width), self._area if area is None else area, self.reach))
        for done, (down, across) in enumerate(places, 1):
            tile = self._run(levels[down.read, across.read])
            made[down.kept(factor), across.kept(factor)] = tile[down.inside(factor), across.inside(factor)]
            if on_tile:
                on_tile(done, len(places))
        return made

    @property
    def _area(self) -> int:
        return min(LARGEST, NUMBERS // self._number("width", WIDTH * self.factor**2))

    def _number(self, name: str, otherwise: int) -> int:
        """Return a number that the card should have, and may not."""
        value = self.card.recipe.get(name)
        return value if type(value) is int and value > 0 else otherwise

    def _run(self, levels: Levels) -> Levels:
        session = self._session
        if session.dtype == np.uint8:
            return session.run(levels)
        return _levels(session.run(levels.astype(np.float32) / np.float32(255)))

    def _check_model(self, name: str, factor: int | None) -> None:
        if self.card.kind != "superres":
            raise _not_for_this(name, self.card.kind)
        if factor is not None and factor != self.factor:
            raise ArtifactError(
                f"{name} makes pictures {self.factor} times as large, and the factor asked for is {factor}; "
                "leave --factor away, or choose another --model"
            )

    def _check_size(self, source: Picture, max_pixels: int) -> None:
        height, width = source.size
        if min(height, width) < MIN_SIDE:
            raise ImageTooSmallError(
                f"{source.name!r} has only {width} x {height} pixels; both sides must be at "
                f"least {MIN_SIDE}: give a larger picture"
            )
        large = (self.factor * width, self.factor * height)
        if large[0] * large[1] > max_pixels:
            raise ImageTooLargeError(
                f"{source.name!r} would become {large[0]} x {large[1]} = {large[0] * large[1]:,} pixels, "
                f"more than the limit of {max_pixels:,}; shrink it, or raise the limit with --max-pixels"
            )

    def _record(self, source: Picture) -> dict[str, Any]:
        name = PurePath(source.name)
        return {
            "impasto": __version__,
            "verb": "upscale",
            "factor": self.factor,
            "size": [self.factor * side for side in source.size],
            # Without the folder of an absolute path, which may tell who worked.
            "content": {"name": name.name if name.is_absolute() else str(name), "sha256": source.sha256},
            "model": {"name": self.card.name, "file": self._file, "sha256": self._session.sha256},
            "engine": self.engine,
            "precision": self._session.precision_at(source.size),
        }


def upscale(
    photo: ImageSource,
    *,
    factor: int | None = None,
    model: Model | None = None,
    engine: EngineName = "auto",
    threads: int | None = None,
    max_pixels: int = 200_000_000,
    on_tile: OnTile | None = None,
) -> Upscaled:
    """Make one photo larger with a trained network: one forward pass, no torch.

    The network stays loaded; for many photos see also `Upscaler`.

    Args:
        photo: A path, PIL image or array.
        factor: As of `Upscaler`, as are the others: 2, 4 or 8.
        model: Path of an .onnx file, or name of an installed model.
        engine: What runs it.
        threads: That it may use.
        max_pixels: Refuse larger photos, and larger results.
        on_tile: Called after each tile, with how many are done and how many there are.

    Raises:
        ImpastoError: For photos, models and settings that cannot be used.
    """
    upscaler = Upscaler(model, factor=factor, engine=engine, threads=threads)
    return upscaler.upscale(photo, max_pixels=max_pixels, on_tile=on_tile)


def _not_for_this(name: str, kind: str) -> ArtifactError:
    return ArtifactError(f"{name} is a {kind}, which makes no picture larger; {REMEDY}")


def _levels(values: NDArray[np.float32]) -> Levels:
    return quantized(values, 255).astype(np.uint8)
