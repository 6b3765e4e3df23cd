"""What a network makes of photos that it is not trained on: a sheet to look at, and losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from impasto.image import Cell, draw_sheet
from impasto.studio.pixels import to_pixels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from impasto.studio.train.task import StyleTask


@torch.no_grad()
def show(network: nn.Module, photos: Tensor, title: str) -> NDArray[np.float32]:
    """Draw photos, and below each what the network makes of it.

    Args:
        network: In evaluation mode.
        photos: `(N, 3, H, W)`, on its device.
        title: Above them.
    """
    made = [network(photo[None]) for photo in photos]  # one by one: memory counts, and time does not
    rows = [[Cell(pixels=to_pixels(photo[None])) for photo in photos]]
    rows.append([Cell(pixels=to_pixels(each)) for each in made])
    return draw_sheet(rows, title=title)


@torch.no_grad()
def losses_of(network: nn.Module, task: StyleTask, photos: Tensor) -> dict[str, float]:
    """Return the mean losses of photos `(N, 3, H, W)`, by term and layer; the network in evaluation mode."""
    sums = dict.fromkeys(task.weights, 0.0)
    for photo in photos:
        for name, term in task(network(photo[None]), photo[None]).items():
            sums[name] += term.item() / len(photos)
    return sums
