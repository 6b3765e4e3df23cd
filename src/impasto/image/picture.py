"""A picture in memory, and what every reader checks: the formats known and the number of pixels."""

import os
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ImageReadError, ImageTooLargeError

Layers: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32] | None]
"""Pixels (H, W, 3) and alpha (H, W) or None, both in [0, 1]."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A picture as the rest of impasto sees it: upright, sRGB, floating point."""

    pixels: NDArray[np.float32]
    """(H, W, 3) sRGB in [0, 1]."""
    alpha: NDArray[np.float32] | None = None
    """(H, W) in [0, 1], 0 is transparent; None where the source has no transparency."""
    sha256: str
    """Hex digest of the source file's bytes; for arrays and PIL images, of the shape and the pixels."""
    name: str
    """What to call it in messages: the path as given, `stdin`, `array` or `PIL image`."""

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        height, width = self.pixels.shape[:2]
        return height, width


ImageSource: TypeAlias = str | os.PathLike[str] | Image.Image | NDArray[Any] | Picture
"""A path, `-` for stdin, a PIL image, a Picture, or an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of
uint8, uint16, or floats in [0, 1]."""


def check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    """Refuse a picture with no pixels, or with more than `max_pixels`.

    Args:
        name: what to call the picture in the message.
        size: (H, W).
        max_pixels: the most pixels allowed.

    Raises:
        ImageReadError: a side is zero.
        ImageTooLargeError: more pixels than allowed.
    """
    height, width = size
    if height < 1 or width < 1:
        raise ImageReadError(f"{name!r} has no pixels ({width} x {height}); give a picture of at least 1 x 1")
    if height * width > max_pixels:
        raise ImageTooLargeError(
            f"{name!r} has {width} x {height} = {height * width:,} pixels, more than the limit of "
            f"{max_pixels:,}; shrink it, or raise the limit with --max-pixels"
        )


# (offset, signature, format): enough of a file's head to know what it claims to be.
_SIGNATURES = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (8, b"WEBP", "WEBP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"ftypmif1", "AVIF"),
    (4, b"ftypmsf1", "AVIF"),
    (0, b"BM", "BMP"),
)
HEAD = 16
"""How many bytes `sniff` needs."""


def sniff(head: bytes, name: str) -> str:
    """The Pillow name of the format that a file's first bytes announce.

    Known before anything is decoded or even read to the end, so that a film, an endless pipe or a format with
    a past of security holes (PostScript, say) never reaches a decoder.

    Args:
        head: the first `HEAD` bytes or more.
        name: what to call the picture in the message.

    Raises:
        ImageReadError: empty, or none of the formats that impasto reads.
    """
    if not head:
        raise ImageReadError(f"{name!r} is empty; give a picture file")
    for offset, signature, image_format in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return image_format
    raise ImageReadError(
        f"{name!r} is not a picture that impasto reads; give a JPEG, PNG, WebP, TIFF, AVIF, BMP or GIF file"
    )
