"""How well pictures are made larger: a model beside bicubic and nearest, on pictures made small for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from impasto.image import crop_to_multiple, cubic_resize, degrade, read_image
from impasto.studio.metrics.fidelity import luma, psnr, ssim
from impasto.studio.metrics.perceptual import DISTANCE_LAYERS, feature_distance
from impasto.studio.pixels import to_tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from impasto.image import Degradation, ImageSource
    from impasto.models.upscaler import Upscaler
    from impasto.studio.encoders import VGG

    Levels = NDArray[np.uint8]


class Score(NamedTuple):
    """How close a picture is to what it stands for."""

    psnr: float
    """On luma, in dB."""

    ssim: float
    """On luma, at most 1."""

    distance: float
    """Of features; 0 is the same. See `feature_distance`."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What became of one picture."""

    name: str
    """Of the picture, as given."""

    size: tuple[int, int]
    """Height and width that were made and compared, before the border was cut off."""

    scores: Mapping[str, Score]
    """Of `model`, `bicubic` and `nearest`."""


def score_superres(
    upscaler: Upscaler,
    pictures: Iterable[ImageSource],
    encoder: VGG,
    *,
    degradation: Degradation = "bicubic",
) -> Iterator[Scored]:
    """Make pictures small, and larger again in three ways, and compare those to the pictures.

    As the field does it: sides cropped to a multiple of the factor, small pictures rounded to 8 bits, results
    too, a border of the factor cut off. (Programs in MATLAB round luma, too, and small pictures twice.)

    Args:
        upscaler: The model.
        pictures: The originals.
        encoder: What features are of; on the CPU.
        degradation: How they are made small.

    Yields:
        One for each picture, as it is done.

    Raises:
        ImpastoError: A picture cannot be read, or is too small.
    """
    for source in pictures:
        picture = read_image(source)
        wanted = crop_to_multiple(picture.pixels, upscaler.factor)
        small = _levels(degrade(wanted, upscaler.factor, degradation))
        size = wanted.shape[0], wanted.shape[1]
        ways = {
            "model": upscaler.frame(small),
            "bicubic": _levels(cubic_resize(small / 255, size)),
            "nearest": small.repeat(upscaler.factor, 0).repeat(upscaler.factor, 1),
        }
        judge = _Judge(wanted, upscaler.factor, encoder)
        yield Scored(name=picture.name, size=size, scores={name: judge(made) for name, made in ways.items()})


def mean_scores(scored: Sequence[Scored]) -> dict[str, Score]:
    """Return the mean of each way over all pictures, at least one."""
    return {
        name: Score(*np.mean([each.scores[name] for each in scored], axis=0).tolist())
        for name in scored[0].scores
    }


class _Judge:
    """Compares to one picture."""

    def __init__(self, wanted: NDArray[np.float32], border: int, encoder: VGG) -> None:
        self.border, self.encoder = border, encoder
        self.wanted = self._cut(wanted)
        self.luma = luma(self.wanted)
        self.features = self._features(self.wanted)

    def __call__(self, made: Levels) -> Score:
        """Score levels (H, W, 3)."""
        pixels = self._cut(made.astype(np.float32) / np.float32(255))
        brightness = luma(pixels)
        return Score(
            psnr=psnr(brightness, self.luma),
            ssim=ssim(brightness, self.luma),
            distance=feature_distance(self._features(pixels), self.features),
        )

    def _features(self, pixels: NDArray[np.float32]) -> dict[str, Tensor]:
        return self.encoder(to_tensor(pixels), DISTANCE_LAYERS)

    def _cut(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return pixels[self.border : -self.border, self.border : -self.border]


def _levels(values: NDArray[np.float64]) -> Levels:
    return np.floor(values.clip(0, 1) * 255 + 0.5).astype(np.uint8)
