"""What a network makes of photos that it is not trained on: a sheet to look at, and losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from impasto.image import Cell, draw_sheet
from impasto.studio.pixels import to_pixels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn


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


def mean_losses(each: Iterable[Mapping[str, Tensor]]) -> dict[str, float]:
    """Return the means of terms by name, over several photos."""
    rows = [{name: term.item() for name, term in terms.items()} for terms in each]
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
