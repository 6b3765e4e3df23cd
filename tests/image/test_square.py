"""Squares out of photos: the right part, the right scale, upright, and cheap for large JPEGs."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from impasto.errors import ImageReadError, ImageTooLargeError, ImageTooSmallError
from impasto.image import Square, read_square
from impasto.image.decode import decode_bytes


def levels(height: int, width: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([255 * y / height, 255 * x / width, 128 + 0 * x], axis=2).astype(np.uint8)


def encoded(pixels: NDArray[Any], image_format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, image_format, **options)
    return buffer.getvalue()


def square(top: float, left: float, side: float) -> Any:
    return lambda _: Square(top=top, left=left, side=side)


def test_a_part_at_its_own_scale_is_that_part() -> None:
    pixels = levels(20, 30)
    found = read_square(encoded(pixels), "a", 8, square(5, 11, 8))
    assert found.dtype == np.uint8
    assert np.array_equal(found, pixels[5:13, 11:19])


def test_a_part_is_scaled() -> None:
    found = read_square(encoded(levels(40, 40)), "a", 10, square(0, 20, 20))
    assert found.shape == (10, 10, 3)
    expected = 255 * (20 + 2 * np.arange(10) + 0.5) / 40
    assert np.abs(found[5, :, 1] - expected).max() < 3


@pytest.mark.parametrize("size", [16, 40, 100])
def test_a_jpeg_decoded_small_looks_the_same(size: int) -> None:
    pixels = levels(320, 480)
    one = read_square(encoded(pixels), "a", size, square(16, 100, 240)).astype(int)
    other = read_square(encoded(pixels, "JPEG", quality=98), "a", size, square(16, 100, 240)).astype(int)
    assert np.abs(one - other).max() <= 8
    assert np.abs(one - other).mean() < 1.5


def test_a_large_jpeg_is_not_decoded_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def watched(image: Image.Image) -> NDArray[np.uint8]:
        found = decode_bytes(image)
        decoded.append(found.shape)
        return found

    monkeypatch.setattr("impasto.image.square.decode_bytes", watched)
    data = encoded(levels(640, 640), "JPEG")
    assert read_square(data, "a", 64, square(0, 0, 640)).shape == (64, 64, 3)
    assert read_square(data, "a", 64, square(0, 0, 100)).shape == (64, 64, 3)
    assert decoded == [(80, 80, 3), (640, 640, 3)]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_squares_are_cut_from_the_upright_picture(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = encoded(levels(16, 24), exif=exif)
    sizes = []

    def choose(size: tuple[int, int]) -> Square:
        sizes.append(size)
        return Square(top=0, left=0, side=8)

    found = read_square(stored, "a", 8, choose)
    with Image.open(io.BytesIO(stored)) as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    assert sizes == [upright.shape[:2]]
    assert np.array_equal(found, upright[:8, :8])


def test_gray_palette_and_transparent_pictures_become_rgb() -> None:
    gray = levels(16, 16)[..., 1]
    for pixels in (gray, np.dstack([levels(16, 16), gray])):
        assert read_square(encoded(pixels), "a", 16, square(0, 0, 16)).shape == (16, 16, 3)
    deep = (gray.astype(np.uint16) * 257).astype(np.uint16)
    assert np.array_equal(read_square(encoded(deep), "a", 16, square(0, 0, 16))[..., 0], gray)


def test_what_cannot_be_used_is_named() -> None:
    data = encoded(levels(20, 30), "JPEG")
    with pytest.raises(ImageTooSmallError, match="'a' has only 30 x 20 pixels"):
        read_square(data, "a", 8, lambda _: None)
    with pytest.raises(ImageReadError, match="'a' is truncated"):
        read_square(data[: len(data) // 2], "a", 8, square(0, 0, 8))
    with pytest.raises(ImageReadError, match="'a' is empty"):
        read_square(b"", "a", 8, square(0, 0, 8))
    with pytest.raises(ImageTooLargeError, match="limit of 100"):
        read_square(data, "a", 8, square(0, 0, 8), max_pixels=100)
