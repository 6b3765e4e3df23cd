"""Write a large PNG row by row: no second copy of the picture, and none of the file, is held in memory."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.image.icc import srgb_profile
from impasto.image.record import png_with_record

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLORS = {3: 2, 4: 6}
"""PNG's number for RGB and for RGBA."""

_UP = 2
"""The filter that writes each row as its difference from the one above (PNG specification, section 9)."""

_LEVEL = 4
"""Of compression: on photos within a few percent of the best, in a third of the time."""

_BAND = 2**22
"""Bytes of rows that are compressed at a time."""


def png_rows(layers: list[NDArray[np.uint8]], record: str | None) -> Iterator[bytes]:
    """Yield a PNG file piece by piece, with the sRGB profile.

    Args:
        layers: (H, W, 3), and alpha (H, W) where there is any.
        record: The text of a JSON object that travels in the file.
    """
    height, width = layers[0].shape[:2]
    channels = 2 + len(layers)
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _COLORS[channels], 0, 0, 0))
    begin = _SIGNATURE + header
    yield begin if record is None else png_with_record(begin, record)
    yield _chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(srgb_profile()))
    packer = zlib.compressobj(_LEVEL)
    above = np.zeros((1, width * channels), np.uint8)
    step = max(1, _BAND // (width * channels))
    for start in range(0, height, step):
        band = _joined([layer[start : start + step] for layer in layers])
        packed = packer.compress(_filtered(band, above))
        above = band[-1:]
        if packed:
            yield _chunk(b"IDAT", packed)
    yield _chunk(b"IDAT", packer.flush())
    yield _chunk(b"IEND", b"")


def _joined(layers: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return rows of bytes (H, W * channels)."""
    band: NDArray[Any] = layers[0] if len(layers) == 1 else np.dstack(layers)
    return np.ascontiguousarray(band).reshape(len(band), -1)


def _filtered(band: NDArray[np.uint8], above: NDArray[np.uint8]) -> bytes:
    rows = np.empty((len(band), band.shape[1] + 1), np.uint8)
    rows[:, 0] = _UP
    rows[:, 1:] = band - np.concatenate([above, band[:-1]])  # modulo 256, as PNG has it
    return rows.tobytes()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
