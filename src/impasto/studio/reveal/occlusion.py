"""Occlusion: cover a picture bit by bit with a gray square, and watch a channel's activation fall.

Zeiler & Fergus 2014, section 4.2. Where the activation falls, there is what the channel responds to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.encoders import VGG
from impasto.studio.reveal.color import mean_color
from impasto.studio.reveal.deconvnet import check_channel, strongest_channels, strongest_unit

Measure = Literal["sum", "peak"]


@dataclass(frozen=True, kw_only=True)
class OcclusionConfig:
    """How a picture is covered, and what is measured."""

    size: int
    """Side of the square in pixels, 1 to the picture's shorter side."""
    stride: int
    """Pixels from one position to the next, 1 to `size`."""
    color: tuple[float, float, float] | None = None
    """Of the square, sRGB in [0, 1]; None is the encoder's mean color."""
    channel: int | None = None
    """The channel to measure; None is the strongest, by mean (`sum`) or by maximum (`peak`)."""
    measure: Measure = "sum"
    """`sum` adds up the whole channel, as the paper does; `peak` stays at the unit that is the strongest with
    nothing covered."""
    batch: int = 8
    """Pictures that go through the network at a time; decides memory, and nothing else but rounding."""


@dataclass(frozen=True, kw_only=True)
class OcclusionProgress:
    """Some more positions are done."""

    position: int
    """Positions of the square done so far."""
    positions: int
    """Positions that there are in all."""


@dataclass(frozen=True, kw_only=True)
class OcclusionMap:
    """How a channel's activation falls with what is covered."""

    layer: str
    """Name of the layer."""
    channel: int
    """The channel."""
    unit: tuple[int, int] | None
    """Row and column of the unit measured; None where the whole channel is."""
    activation: float
    """What is measured in the picture with nothing covered."""
    rows: tuple[int, ...]
    """First row of the square at each position down the picture, in pixels."""
    columns: tuple[int, ...]
    """First column of the square at each position across, in pixels."""
    fall: Tensor
    """How much less is measured with the square there, (rows, columns) float64 on the CPU; negative: more."""
    resized: Tensor
    """`fall` at each pixel, (H, W): that of a square centered there, interpolated linearly."""


@dataclass(frozen=True)
class _Scan:
    """What a scan goes by, all checked."""

    encoder: VGG
    image: Tensor
    layer: str
    channel: int
    unit: tuple[int, int] | None
    activation: float
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    size: int
    color: Tensor
    batch: int


@torch.no_grad()
def occlude(
    encoder: VGG, image: Tensor, layer: str, config: OcclusionConfig
) -> Iterator[OcclusionProgress | OcclusionMap]:
    """Slide a square over a picture and measure a channel at each position.

    The squares lie within the picture and cover all of it: the last row and column of them is moved in where
    the stride does not come out even. What is wrong is said at once, before the first step is asked for.

    Args:
        encoder: The network, with any pooling.
        image: The picture, (1, 3, H, W), floating point, sRGB in [0, 1].
        layer: A layer of the encoder, such as `relu5_1`.
        config: How it is covered, and what is measured.

    Returns:
        `OcclusionProgress` after each batch, and last the `OcclusionMap`.

    Raises:
        ConfigError: A layer or channel that does not exist, an image that is not one picture, or a setting
            that is out of range.
        ImageTooSmallError: Nothing would be left of the picture at the layer.
    """
    height, width = _check(image, config)
    maps = encoder(image, [layer])[layer]
    channel = config.channel
    if channel is None:
        channel = strongest_channels(maps, 1, "mean" if config.measure == "sum" else "max")[0]
    check_channel(maps, channel)
    unit = strongest_unit(maps, channel) if config.measure == "peak" else None
    scan = _Scan(
        encoder,
        image,
        layer,
        channel,
        unit,
        activation=float(_measured(maps, channel, unit)),
        rows=_positions(height, config.size, config.stride),
        columns=_positions(width, config.size, config.stride),
        size=config.size,
        color=_color(encoder, config.color).to(image),
        batch=config.batch,
    )
    return _scanned(scan)


def _scanned(scan: _Scan) -> Iterator[OcclusionProgress | OcclusionMap]:
    places = [(row, column) for row in scan.rows for column in scan.columns]
    measured: list[Tensor] = []
    for first in range(0, len(places), scan.batch):
        chunk = places[first : first + scan.batch]
        measured.append(_covered(scan, chunk))
        yield OcclusionProgress(position=first + len(chunk), positions=len(places))
    fall = scan.activation - torch.cat(measured).view(len(scan.rows), len(scan.columns))
    height, width = scan.image.shape[2:]
    down = _interpolation(scan.rows, scan.size, height).to(fall)
    across = _interpolation(scan.columns, scan.size, width).to(fall)
    yield OcclusionMap(
        layer=scan.layer,
        channel=scan.channel,
        unit=scan.unit,
        activation=scan.activation,
        rows=scan.rows,
        columns=scan.columns,
        fall=fall,
        resized=down @ fall @ across.T,
    )


@torch.no_grad()
def _covered(scan: _Scan, places: list[tuple[int, int]]) -> Tensor:
    """Measure the channel with the square at each of some places, (places,) on the CPU."""
    images = scan.image.repeat(len(places), 1, 1, 1)
    for image, (row, column) in zip(images, places, strict=True):
        image[:, row : row + scan.size, column : column + scan.size] = scan.color
    maps = scan.encoder(images, [scan.layer])[scan.layer]
    return _measured(maps, scan.channel, scan.unit)


def _measured(maps: Tensor, channel: int, unit: tuple[int, int] | None) -> Tensor:
    """Measure a channel of maps (N, C, h, w): its sum, or one unit of it; (N,) float64 on the CPU."""
    chosen = maps[:, channel].cpu().double()  # not every device has float64
    return chosen.sum((1, 2)) if unit is None else chosen[:, unit[0], unit[1]]


def _positions(length: int, size: int, stride: int) -> tuple[int, ...]:
    """Where squares begin along a side, so that they lie within it and cover it."""
    last = length - size
    return (*range(0, last, stride), last)


def _interpolation(starts: tuple[int, ...], size: int, length: int) -> Tensor:
    """Weights (length, starts) that take values at squares' centers to all pixels; constant beyond them."""
    centers = torch.tensor(starts, dtype=torch.float64) + (size - 1) / 2
    pixels = torch.arange(length, dtype=torch.float64).clamp(centers[0], centers[-1])
    after = torch.searchsorted(centers, pixels).clamp(1, max(len(starts) - 1, 1))
    weights = torch.zeros(length, len(starts), dtype=torch.float64)
    if len(starts) == 1:
        return weights + 1
    before = after - 1
    share = ((pixels - centers[before]) / (centers[after] - centers[before])).unsqueeze(1)
    return weights.scatter(1, before.unsqueeze(1), 1 - share).scatter(1, after.unsqueeze(1), share)


def _color(encoder: VGG, color: tuple[float, float, float] | None) -> Tensor:
    if color is None:
        return mean_color(encoder)[0]
    given = torch.tensor(color)
    if given.shape != (3,) or not ((given >= 0) & (given <= 1)).all():
        raise ConfigError(f"color is {color}, but must be three numbers from 0 to 1: red, green, blue")
    return given.view(3, 1, 1)


def _check(image: Tensor, config: OcclusionConfig) -> tuple[int, int]:
    """Refuse what cannot be scanned; give the picture's height and width."""
    if image.ndim != 4 or len(image) != 1:
        raise ConfigError(f"the picture has shape {tuple(image.shape)}, but one must be given, (1, 3, H, W)")
    height, width = image.shape[2:]
    shorter = min(height, width)
    if not 1 <= config.size <= shorter:
        raise ConfigError(f"size is {config.size}, but must be 1 to {shorter}, the picture's shorter side")
    if not 1 <= config.stride <= config.size:
        raise ConfigError(
            f"stride is {config.stride}, but must be 1 to {config.size}, the square's size, to leave no gaps"
        )
    if config.batch < 1:
        raise ConfigError(f"batch is {config.batch}, but at least 1 picture must go through at a time")
    if config.measure not in get_args(Measure):
        raise ConfigError(f"measure is {config.measure!r}, but must be one of {', '.join(get_args(Measure))}")
    return height, width
