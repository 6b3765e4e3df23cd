"""A learned stack of filters as a figure and as numbers: for `impasto reveal sparse`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from impasto.image import Cell
    from impasto.studio.reveal.sparse import NoiseCheck, Stack

_SIDE = 300
"""Pixels a side that photos and blocks of filters are enlarged to, or nearly, by whole factors."""


def summary(stack: Stack, noise: NoiseCheck | None) -> dict[str, Any]:
    """Return the numbers: of each layer over all photos, its filters, and of the denoising."""
    layers = [
        {
            "psnr": stack.psnr(depth),
            "sparsity": stack.sparsity(depth),
            "filters": layer.filters,
        }
        for depth, layer in enumerate(stack.layers, 1)
    ]
    told: dict[str, Any] = {"layers": layers}
    if noise is not None:
        told["denoise"] = {"sigma": noise.sigma, "before": noise.before, "after": noise.after}
    return told


def draw(stack: Stack, noise: NoiseCheck | None, name: str, title: str) -> NDArray[np.float32]:
    """Draw a row for each layer, with its filters, the first photo and its reconstruction; and the denoising.

    Args:
        stack: What was learned.
        noise: The denoising, where that was asked for.
        name: Of the first photo.
        title: Of the figure.
    """
    from impasto.image import draw_sheet

    rows = [_layer(stack, depth, name) for depth in range(1, len(stack.layers) + 1)]
    labels = [f"layer {depth}" for depth in range(1, len(rows) + 1)]
    if noise is not None:
        rows.append(_denoising(stack, noise))
        labels.append("denoising")
    return draw_sheet(rows, title=title, row_labels=labels if len(rows) > 1 else ())


def _layer(stack: Stack, depth: int, name: str) -> list[Cell]:
    from impasto.image import Cell

    picture = stack.pictures[:1]
    peak = float(picture.abs().max()) or 1.0
    filters, size = stack.layers[depth - 1].filters, stack.layers[depth - 1].filters.shape[-1]
    told = f"reconstruction: {stack.psnr(depth, 0):.1f} dB,"
    told += f"\n{stack.sparsity(depth, 0):.1%} of the codes are zero"
    what = f"{len(filters)} filters of {size} x {size}" + ", seen in pixels" * (depth > 1)
    return [
        Cell(pixels=_filters(stack, depth), caption=what),
        Cell(pixels=_gray(picture, peak), caption=f"{name},\nlocal contrast normalized"),
        Cell(pixels=_gray(stack.reconstruction(depth)[:1], peak), caption=told),
    ]


def _denoising(stack: Stack, noise: NoiseCheck) -> list[Cell]:
    from impasto.image import Cell

    shown = [
        (stack.photos[:1], "the photo"),
        (noise.noisy, f"with noise of {noise.sigma:g}: {noise.before:.1f} dB"),
        (noise.clean, f"denoised: {noise.after:.1f} dB"),
    ]
    # From [0, 1] to both signs, which is what `_gray` shows.
    return [Cell(pixels=_gray(2 * pixels - 1, 1.0), caption=caption) for pixels, caption in shown]


def _filters(stack: Stack, depth: int) -> NDArray[np.float32]:
    """Show a layer's filters as they look in pixels, each stretched on its own, in a block about square."""
    from impasto.image import mosaic
    from impasto.studio.reveal import sparse as coding

    filters = stack.layers[0].filters
    if depth > 1:
        filters = coding.project_filters(stack.layers[:depth], stack.codes[:depth])
    columns = _columns(len(filters))
    factor = max(1, _SIDE // (columns * filters.shape[-1]))
    peaks = [float(peak) or 1.0 for peak in filters.abs().amax((1, 2, 3))]
    tiles = [_gray(each[None], peak, factor) for each, peak in zip(filters, peaks, strict=True)]
    return mosaic(tiles, columns)


def _columns(count: int) -> int:
    """Return how wide a block about square is: without a gap in the last row, where that can be had."""
    least = math.ceil(math.sqrt(count))
    return next((each for each in range(least, least + least // 2) if count % each == 0), least)


def _gray(signal: Tensor, peak: float, factor: int | None = None) -> NDArray[np.float32]:
    """Show a signal (1, 1, H, W) around middle gray, enlarged; `peak` becomes white, and minus that black."""
    values = (0.5 + 0.5 * signal[0, 0] / peak).clamp(0, 1).float().cpu().numpy()
    factor = factor or max(1, _SIDE // max(values.shape))
    shown: NDArray[np.float32] = values.repeat(factor, 0).repeat(factor, 1)[..., None].repeat(3, 2)
    return shown
