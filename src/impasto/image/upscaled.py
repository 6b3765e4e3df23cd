"""A picture that was made larger, in 8-bit levels, as it may be too large for floats, and how."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image

from impasto.errors import ConfigError
from impasto.image.write import write_levels

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Upscaled:
    """A picture that was made larger, and how."""

    levels: NDArray[np.uint8]
    """`(H, W, 3)` sRGB levels, 0 to 255."""

    alpha: NDArray[np.uint8] | None = None
    """`(H, W)`, 0 is transparent; None for an opaque picture."""

    record: Mapping[str, Any]
    """All that is needed to make it again: factor, hashes of photo and model, version."""

    seconds: float
    """Seconds that it took."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.levels.shape[0], self.levels.shape[1]

    @property
    def pixels(self) -> NDArray[np.float32]:
        """`(H, W, 3)` float32 sRGB in [0, 1]: a copy, four times as large."""
        return self.levels.astype(np.float32) / np.float32(255)

    def save(self, path: str | os.PathLike[str], *, quality: int = 95, bit_depth: Literal[8, 16] = 8) -> None:
        """Write it, with its record in the metadata, in the format of the path's suffix.

        A PNG or JPEG of more than 33 megapixels is written row by row, in no more memory than the picture has
        taken.

        Args:
            path: Where to; an old file stays until the new one is whole. `-` writes PNG to stdout.
            quality: 1 to 100, for JPEG, WebP and AVIF.
            bit_depth: 8; the networks give no more.

        Raises:
            ImageWriteError: When it cannot be written there.
            ConfigError: For 16 bits.
        """
        if bit_depth != 8:
            raise ConfigError(f"bit depth {bit_depth} is more than an upscaled picture has; choose 8")
        write_levels(
            path, self.levels, alpha=self.alpha, quality=quality, record=json.dumps(dict(self.record))
        )

    def to_pil(self) -> Image.Image:
        """Return it as an 8-bit PIL image, RGB, or RGBA where it has alpha."""
        return Image.fromarray(self.levels if self.alpha is None else np.dstack([self.levels, self.alpha]))
