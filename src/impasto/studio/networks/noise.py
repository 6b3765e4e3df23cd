"""Noise that a network gets along with a picture, so that even areas can hold strokes too.

Ulyanov, Lebedev, Vedaldi & Lempitsky, "Texture Networks", ICML 2016, section 3.1: noise at several scales is
what a texture is made of where the picture has nothing. Here it is always the same tile, repeated: a picture
comes out alike whenever it is made, and a graph needs no generator of random numbers.
"""

import numpy as np
import torch
from torch import Tensor, nn

SCALES = (0.0, 1.5, 3.0, 6.0)
"""Deviations of the blurs of the channels, in places of the noise; the first is not blurred."""

PERIOD = 256
"""Places after which the noise repeats."""

DEVIATION = 0.5
"""Of each channel: about that of the pixels."""

_SEED = 1889


class Noise(nn.Module):
    """As much of a repeated tile as is asked for; in training from a place drawn anew for each call."""

    tile: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("tile", torch.from_numpy(_tile()), persistent=False)

    def forward(self, height: int, width: int) -> Tensor:
        """Return (1, C, height, width), a channel for each of `SCALES`, of mean 0 and `DEVIATION`."""
        top, left = torch.randint(PERIOD, (2,)).tolist() if self.training else (0, 0)
        rows = (torch.arange(height, device=self.tile.device) + top) % PERIOD
        columns = (torch.arange(width, device=self.tile.device) + left) % PERIOD
        levels = self.tile.index_select(1, rows).index_select(2, columns)
        return (levels.float() / 128 - 1)[None] * (4 * DEVIATION)


def _tile() -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """Return 8-bit noise (C, PERIOD, PERIOD) whose opposite sides fit each other."""
    white = np.random.default_rng(_SEED).standard_normal((len(SCALES), PERIOD, PERIOD))
    across = np.fft.fftfreq(PERIOD)
    squared = across[:, None] ** 2 + across**2
    blurs = np.exp(-2 * np.pi**2 * np.square(SCALES)[:, None, None] * squared)
    made = np.fft.ifft2(np.fft.fft2(white) * blurs).real
    made /= made.std((1, 2), keepdims=True)
    return np.clip(np.round(128 + 32 * made), 0, 255).astype(np.uint8)
