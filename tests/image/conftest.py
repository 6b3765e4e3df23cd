"""What the picture tests share: a picture with four corners, a watched folder, and profiles made by hand."""

import hashlib
import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Encode = Callable[..., bytes]


@pytest.fixture
def corners() -> NDArray[np.uint8]:
    """(24, 32, 3): red, green / blue, white, in flat blocks that survive lossy coding."""
    pixels = np.zeros((24, 32, 3), dtype=np.uint8)
    pixels[:12, :16] = (250, 10, 10)
    pixels[:12, 16:] = (10, 250, 10)
    pixels[12:, :16] = (10, 10, 250)
    pixels[12:, 16:] = (245, 245, 245)
    return pixels


@pytest.fixture
def encode() -> Encode:
    """A PIL image as the bytes of a file."""

    def encode(image: Image.Image | NDArray[Any], image_format: str, **options: Any) -> bytes:
        if isinstance(image, np.ndarray):
            image = Image.fromarray(image)
        buffer = io.BytesIO()
        image.save(buffer, image_format, **options)
        return buffer.getvalue()

    return encode


@pytest.fixture
def unchanged(tmp_path: Path) -> Iterator[Path]:
    """`tmp_path`, checked afterwards: no file came, went or changed since the first `yield`."""

    def listing() -> dict[str, str]:
        files = [p for p in tmp_path.rglob("*") if p.is_file()]
        return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files} | {
            str(p): "folder" for p in tmp_path.rglob("*") if p.is_dir()
        }

    (tmp_path / "old.png").write_bytes(b"the old file")
    (tmp_path / "folder.png").mkdir()
    before = listing()
    yield tmp_path
    assert listing() == before


def _tag(signature: bytes, body: bytes) -> tuple[bytes, bytes]:
    return signature, body + b"\0" * (-len(body) % 4)


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in (x, y, z))


def _gamma(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def _profile(space: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    """A minimal ICC version 2 profile, by hand."""
    tags = [_tag(b"desc", b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78), *tags]
    at = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">I", len(tags)), b""
    for signature, body in tags:
        table += signature + struct.pack(">II", at + len(bodies), len(body))
        bodies += body
    header = bytearray(128)
    header[0:4] = struct.pack(">I", at + len(bodies))
    header[8:12] = bytes([2, 0x40, 0, 0])
    header[12:24] = b"mntr" + space + b"XYZ "
    header[36:40] = b"acsp"
    header[68:80] = _xyz(0.9642, 1.0, 0.8249)[8:]
    return bytes(header) + table + bodies


# The columns of sRGB's matrix to XYZ under D50.
_SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))


@pytest.fixture
def swapped_profile() -> bytes:
    """Red means what sRGB calls blue, and the other way round; gamma 2.2."""
    white = _tag(b"wtpt", _xyz(0.9642, 1.0, 0.8249))
    primaries = [_tag(s, _xyz(*c)) for s, c in zip((b"bXYZ", b"gXYZ", b"rXYZ"), _SRGB, strict=True)]
    curves = [_tag(s, _gamma(2.2)) for s in (b"rTRC", b"gTRC", b"bTRC")]
    return _profile(b"RGB ", [white, *primaries, *curves])


@pytest.fixture
def linear_gray_profile() -> bytes:
    """Gray on a linear curve (gamma 1)."""
    return _profile(b"GRAY", [_tag(b"wtpt", _xyz(0.9642, 1.0, 0.8249)), _tag(b"kTRC", _gamma(1.0))])
