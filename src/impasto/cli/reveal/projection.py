"""What a deconvnet finds, as the cells of a figure and as numbers: for `impasto reveal features`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from impasto.cli.reveal.figure import spell
from impasto.errors import ConfigError, ImageTooSmallError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from impasto.cli.reveal.figure import Watch
    from impasto.image import Cell
    from impasto.studio.encoders import VGG
    from impasto.studio.reveal import Activations, Deconvnet, Patch

_STRETCH = 0.995
"""Share of a pattern's values, by magnitude, that the stretching of its contrast keeps from being clipped."""
_LEAST = 88
"""Pixels a side that a patch is enlarged to, by whole factors, so that it can be seen."""
_ACROSS = 3
"""Patches in a row of a channel's block."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """A photo seen at a layer, and the channels that are looked at."""

    encoder: VGG
    deconvnet: Deconvnet
    image: Tensor
    seen: Activations
    channels: tuple[int, ...]

    @classmethod
    def at(
        cls, encoder: VGG, image: Tensor, layer: str, channels: list[int] | int, by: Literal["mean", "max"]
    ) -> Look:
        """Look at a photo.

        Args:
            encoder: The network.
            image: The photo, (1, 3, H, W).
            layer: The layer.
            channels: The channels, or how many of the strongest.
            by: What makes a channel strong.

        Raises:
            ConfigError: There is no such layer, or not that many channels.
            ImageTooSmallError: The photo is too small for the layer.
        """
        from impasto.studio.reveal import Deconvnet, strongest_channels

        deconvnet = Deconvnet(encoder)
        seen = deconvnet.forward(image, layer)
        if isinstance(channels, int):
            channels = strongest_channels(seen.maps, channels, by)
        return cls(encoder=encoder, deconvnet=deconvnet, image=image, seen=seen, channels=tuple(channels))


def show_patches(
    look: Look, pictures: Iterable[tuple[str, Tensor]], total: int, count: int, watch: Watch
) -> tuple[list[Cell], dict[str, Any]]:
    """Show the strongest unit of each channel, in one or many pictures: what it projects to, and what it saw.

    Args:
        look: The channels and the layer.
        pictures: Names and pictures, read as they are asked for.
        total: How many pictures there are.
        count: How many of them are shown for each channel.
        watch: Told of each picture.

    Returns:
        A cell for each channel that anything excites, and the numbers.

    Raises:
        ConfigError: Channels that do not exist, or that nothing excites.
        ImageTooSmallError: A picture is too small for the layer.
    """
    from impasto.studio.reveal import TopPatches, receptive_field

    found = TopPatches(look.deconvnet, look.seen.layer, look.channels, count=count)
    for index, (name, image) in enumerate(pictures, 1):
        try:
            found.see(name, image)
        except ImageTooSmallError as error:
            raise ImageTooSmallError(f"{name}: {error}") from error
        watch.step(index, total, "photos")
    excited = {channel: patches for channel, patches in found.best.items() if patches}
    if not excited:
        raise ConfigError(
            f"nothing in what was looked at excites channel {', '.join(map(str, look.channels))} of "
            f"{look.seen.layer}; choose others, or leave --channels away for the strongest"
        )
    field = receptive_field(look.encoder.architecture.name, look.seen.layer)
    told = [
        {"channel": channel, "patches": [_tell(patch) for patch in patches]}
        for channel, patches in found.best.items()
    ]
    numbers = {"receptive_field": field.size, "stride": field.stride, "channels": told}
    return [_patch_cell(channel, patches) for channel, patches in excited.items()], numbers


def _patch_cell(channel: int, patches: Sequence[Patch]) -> Cell:
    """Show a block of patterns beside the block of patches that they come from, place by place."""
    from impasto.image import Cell, mosaic

    columns = min(_ACROSS, len(patches))
    factor = math.ceil(_LEAST / patches[0].box.width)
    patterns = mosaic([_enlarged(stretch(patch.pattern), factor) for patch in patches], columns)
    seen = mosaic([_enlarged(_pixels(patch.image), factor) for patch in patches], columns)
    strongest, weakest = patches[0].activation, patches[-1].activation
    told = spell(strongest) + ("" if len(patches) == 1 else f" to {spell(weakest)}")
    return Cell(pixels=mosaic([patterns, seen], 2, gap=6), caption=f"channel {channel}: {told}")


def _tell(patch: Patch) -> dict[str, Any]:
    box, visible = (
        {"top": each.top, "left": each.left, "bottom": each.bottom, "right": each.right}
        for each in (patch.box, patch.visible)
    )
    return {
        "picture": patch.picture,
        "activation": patch.activation,
        "unit": patch.unit,
        "box": box,
        "visible": visible,
    }


def show_maps(look: Look, watch: Watch) -> tuple[list[Cell], dict[str, Any]]:
    """Show what each whole channel projects to, over the whole photo, after the photo itself.

    Args:
        look: The photo and the channels.
        watch: Told of each channel; one is projected at a time.

    Returns:
        The photo's cell and one for each channel, and the numbers.

    Raises:
        ConfigError: There is no such channel.
    """
    from impasto.image import Cell
    from impasto.studio.reveal import isolate

    cells, told = [Cell(pixels=_pixels(look.image[0]), caption="the photo")], []
    for index, channel in enumerate(look.channels, 1):
        maps = look.seen.maps
        pattern = look.deconvnet.project(look.seen, isolate(maps, channel, "map"))
        mean, largest = float(maps[0, channel].mean()), float(maps[0, channel].amax())
        cells.append(
            Cell(
                pixels=stretch(pattern[0]),
                caption=f"channel {channel}\nmean {spell(mean)}, largest {spell(largest)}",
            )
        )
        told.append({"channel": channel, "mean": mean, "max": largest})
        watch.step(index, len(look.channels), "channels")
    return cells, {"channels": told}


def stretch(pattern: Tensor) -> NDArray[np.float32]:
    """Show a signal of both signs around middle gray, which is zero.

    Its 99.5th percentile in magnitude, of what is not zero, is taken to black and white; all channels alike.

    Args:
        pattern: (3, H, W), any range.

    Returns:
        (H, W, 3) in [0, 1].
    """
    import numpy as np

    values = np.ascontiguousarray(pattern.detach().cpu().float().numpy().transpose(1, 2, 0))
    magnitudes = np.abs(values[values != 0])
    peak = float(np.quantile(magnitudes, _STRETCH)) if magnitudes.size else 1.0
    shown: NDArray[np.float32] = (0.5 + 0.5 * values / peak).clip(0, 1).astype(np.float32)
    return shown


def _pixels(image: Tensor) -> NDArray[np.float32]:
    from impasto.studio.pixels import to_pixels

    return to_pixels(image[None])


def _enlarged(pixels: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Show each pixel as a square of pixels."""
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def lay_out(cells: Sequence[Cell], title: str) -> NDArray[np.float32]:
    """Put cells into rows, about as many as there are in a row."""
    from impasto.image import draw_sheet

    columns = math.ceil(math.sqrt(len(cells)))
    rows = [cells[first : first + columns] for first in range(0, len(cells), columns)]
    return draw_sheet(rows, title=title)
