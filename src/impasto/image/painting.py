"""A picture that was made, with the record of how."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from impasto.image.convert import to_pil
from impasto.image.write import write_image

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


@dataclass(frozen=True, kw_only=True, eq=False)
class Painting:
    """A picture that was painted or stylized, and how."""

    pixels: NDArray[np.float32]
    """`(H, W, 3)` float32 sRGB in [0, 1]."""

    alpha: NDArray[np.float32] | None = None
    """`(H, W)` float32 in [0, 1], or None for an opaque picture."""

    record: Mapping[str, Any]
    """All that is needed to make it again: settings, seed, hashes, version."""

    seconds: float
    """Seconds that it took."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def save(self, path: str | os.PathLike[str], *, quality: int = 95, bit_depth: Literal[8, 16] = 8) -> None:
        """Write it, with its record in the metadata, in the format of the path's suffix.

        Args:
            path: Where to; an old file stays until the new one is whole. `-` writes PNG to stdout.
            quality: 1 to 100, for JPEG, WebP and AVIF.
            bit_depth: 16 is for PNG and TIFF.

        Raises:
            ImageWriteError: When it cannot be written there.
        """
        record = json.dumps(dict(self.record))
        write_image(path, self.pixels, alpha=self.alpha, quality=quality, bit_depth=bit_depth, record=record)

    def to_pil(self) -> Image:
        """Return it as an 8-bit PIL image, RGB, or RGBA where it has alpha."""
        return to_pil(self.pixels, self.alpha)
