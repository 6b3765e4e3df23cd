"""Noise that a network gets along with a picture, so that even areas can hold strokes too.

Ulyanov, Lebedev, Vedaldi & Lempitsky, "Texture Networks", ICML 2016, section 3.1: noise at several scales is
what a texture is made of where the picture has nothing. Here it is always the same tile, repeated: a picture
comes out alike whenever it is made, and a graph needs no generator of random numbers.
"""

import numpy as np
import torch
from torch import Tensor, nn

SCALES = (0.0, 1.0, 1.75, 2.5)
"""Deviations of the blurs of the channels, in places of the noise; the first is not blurred."""

PERIODS = (89, 97, 113, 127)
"""Places after which each channel repeats: without a common divisor, so that no two places of a picture have
the same noise in all of them."""

DEVIATION = 0.5
"""Of each channel: about that of the pixels."""

SCALE, SHIFT = DEVIATION / 32, -4 * DEVIATION
"""From the levels of a tile, of mean 128 and deviation 32, to noise."""

_SEED = 1889
_FARTHEST = 1 << 20


class Noise(nn.Module):
    """As much of repeated tiles as is asked for; in training from a place drawn anew for each call."""

    def __init__(self) -> None:
        super().__init__()
        for index, tile in enumerate(_tiles()):
            self.register_buffer(f"tile{index}", torch.from_numpy(tile), persistent=False)

    def forward(self, height: int, width: int) -> Tensor:
        """Return (1, C, height, width), a channel for each of `SCALES`, of mean 0 and `DEVIATION`."""
        return torch.stack(self.levels(height, width)).float()[None] * SCALE + SHIFT

    def levels(self, height: int, width: int) -> list[Tensor]:
        """Return each channel, (height, width) in uint8: the noise is that times `SCALE` and `SHIFT` more."""
        top, left = torch.randint(_FARTHEST, (2,)).tolist() if self.training else (0, 0)
        tiles = [self.get_buffer(f"tile{index}") for index in range(len(SCALES))]
        rows, columns = (torch.arange(side, device=tiles[0].device) for side in (height, width))
        return [
            tile.index_select(0, (rows + top) % period).index_select(1, (columns + left) % period)
            for tile, period in zip(tiles, PERIODS, strict=True)
        ]

    def beside(self, maps: Tensor) -> Tensor:
        """Follow the channels of maps (N, C, H, W) by noise, the same for all N."""
        noise = self(*maps.shape[2:]).to(maps)
        return torch.cat([maps, noise.expand(maps.shape[0], -1, -1, -1)], 1)


def _tiles() -> list[np.ndarray[tuple[int, int], np.dtype[np.uint8]]]:
    """Return 8-bit noise for each channel, whose opposite sides fit each other."""
    generator = np.random.default_rng(_SEED)
    return [_tile(generator, period, scale) for period, scale in zip(PERIODS, SCALES, strict=True)]


def _tile(
    generator: np.random.Generator, period: int, scale: float
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    white = generator.standard_normal((period, period))
    across = np.fft.fftfreq(period)
    squared = across[:, None] ** 2 + across**2
    made = np.fft.ifft2(np.fft.fft2(white) * np.exp(-2 * np.pi**2 * scale**2 * squared)).real
    made /= made.std()
    return np.clip(np.round(128 + 32 * made), 0, 255).astype(np.uint8)
