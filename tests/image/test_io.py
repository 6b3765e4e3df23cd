"""Reading: every source, format, mode and orientation, and every refusal."""

import hashlib
import io
import os
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ConfigError, ImageReadError, ImageTooLargeError
from impasto.image import Picture, read_image

Encode = Callable[..., bytes]
Pixels = NDArray[np.uint8]

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "BMP", "GIF"]
LOSSLESS = ["PNG", "TIFF", "BMP"]


def one_line(error: pytest.ExceptionInfo[Any], *parts: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def unit(pixels: Pixels) -> NDArray[np.float32]:
    return (pixels / 255).astype(np.float32)


class TestFormats:
    @pytest.mark.parametrize("image_format", FORMATS)
    def test_reads(self, image_format: str, corners: Pixels, encode: Encode, tmp_path: Path) -> None:
        data = encode(corners, image_format)
        path = tmp_path / "picture.whatever"  # what a file is comes from its bytes, not from its name
        path.write_bytes(data)
        picture = read_image(path)
        assert picture.size == (24, 32)
        assert picture.pixels.dtype == np.float32
        assert picture.alpha is None
        assert picture.name == str(path)
        assert picture.sha256 == hashlib.sha256(data).hexdigest()
        tolerance = 0 if image_format in LOSSLESS else 0.06
        for y, x in ((5, 7), (5, 25), (18, 7), (18, 25)):
            np.testing.assert_allclose(picture.pixels[y, x], unit(corners)[y, x], atol=tolerance)

    @pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "TIFF"])
    def test_first_frame(self, image_format: str, corners: Pixels, encode: Encode, tmp_path: Path) -> None:
        options = {"lossless": True} if image_format == "WEBP" else {}
        second = Image.new("RGB", (32, 24), "black")
        data = encode(corners, image_format, save_all=True, append_images=[second], **options)
        (tmp_path / "film").write_bytes(data)
        pixels = read_image(tmp_path / "film").pixels
        np.testing.assert_allclose(pixels, unit(corners), atol=0.01)

    def test_stdin(self, corners: Pixels, encode: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
        data = encode(corners, "PNG")
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        picture = read_image("-")
        assert picture.name == "stdin"
        assert picture.sha256 == hashlib.sha256(data).hexdigest()
        np.testing.assert_array_equal(picture.pixels, unit(corners))

    def test_named_pipe(self, corners: Pixels, encode: Encode, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(encode(corners, "PNG"),))
        writer.start()
        np.testing.assert_array_equal(read_image(pipe).pixels, unit(corners))
        writer.join()


class TestSources:
    @pytest.mark.parametrize(
        ("array", "expected"),
        [
            (np.array([[0, 51, 255]], dtype=np.uint8), [0, 0.2, 1]),
            (np.array([[0, 13107, 65535]], dtype=np.uint16), [0, 0.2, 1]),
            (np.array([[0, 13107, 65535]], dtype=">u2"), [0, 0.2, 1]),
            (np.array([[0, 0.2, 1]], dtype=np.float64), [0, 0.2, 1]),
            (np.array([[[0], [0.25], [1]]], dtype=np.float16), [0, 0.25, 1]),
        ],
    )
    def test_gray_arrays(self, array: NDArray[Any], expected: list[float]) -> None:
        picture = read_image(array)
        assert picture.pixels.shape == (1, 3, 3)
        assert picture.name == "array"
        for channel in range(3):
            assert picture.pixels[0, :, channel].tolist() == pytest.approx(expected, abs=1e-7)

    def test_color_and_alpha_arrays(self) -> None:
        array = np.arange(2 * 5 * 4, dtype=np.uint8).reshape(2, 5, 4)
        picture = read_image(array)
        np.testing.assert_array_equal(picture.pixels, unit(array[..., :3]))
        assert picture.alpha is not None
        np.testing.assert_array_equal(picture.alpha, unit(array[..., 3]))
        assert read_image(array[..., :3]).alpha is None

    def test_owns_its_pixels(self) -> None:
        array = np.full((2, 2, 3), 0.5, dtype=np.float32)
        picture = read_image(array)
        array[:] = 0
        assert picture.pixels.min() == 0.5

    def test_picture_comes_back(self) -> None:
        picture = read_image(np.zeros((3, 4)))
        assert read_image(picture) is picture
        with pytest.raises(ImageTooLargeError):
            read_image(picture, max_pixels=11)

    def test_hash_of_pixels(self, corners: Pixels) -> None:
        picture = read_image(corners)
        assert read_image(Image.fromarray(corners)).sha256 == picture.sha256
        assert read_image(unit(corners)).sha256 == picture.sha256
        assert read_image(corners.reshape(32, 24, 3)).sha256 != picture.sha256
        assert read_image(np.dstack([corners, corners[..., :1]])).sha256 != picture.sha256

    @pytest.mark.parametrize(
        "array",
        [
            np.zeros(5, dtype=np.uint8),
            np.zeros((2, 2, 2), dtype=np.uint8),
            np.zeros((2, 2, 5), dtype=np.uint8),
            np.zeros((1, 2, 2, 3), dtype=np.uint8),
            np.zeros((0, 2, 3), dtype=np.uint8),
            np.zeros((2, 2), dtype=np.int64),
            np.zeros((2, 2), dtype=bool),
            np.zeros((2, 2), dtype=complex),
            np.full((2, 2), 1.001),
            np.full((2, 2), -0.001),
            np.full((2, 2), np.nan),
            np.full((2, 2), np.inf),
        ],
    )
    def test_refuses_arrays(self, array: NDArray[Any]) -> None:
        with pytest.raises(ImageReadError) as error:
            read_image(array)
        one_line(error, "'array'")

    def test_limit_on_arrays_and_images(self) -> None:
        with pytest.raises(ImageTooLargeError):
            read_image(np.zeros((3, 4)), max_pixels=11)
        with pytest.raises(ImageTooLargeError):
            read_image(Image.new("RGB", (3, 4)), max_pixels=11)
        assert read_image(np.zeros((3, 4)), max_pixels=12).size == (3, 4)

    def test_refuses_a_limit_below_one(self) -> None:
        with pytest.raises(ConfigError, match="max_pixels 0 is not valid"):
            read_image(np.zeros((3, 4)), max_pixels=0)


class TestModes:
    def read(self, data: bytes, tmp_path: Path) -> Picture:
        (tmp_path / "picture").write_bytes(data)
        return read_image(tmp_path / "picture")

    @pytest.mark.parametrize(
        ("image_format", "mode"), [("PNG", "L"), ("JPEG", "L"), ("TIFF", "L"), ("PNG", "1")]
    )
    def test_gray(self, image_format: str, mode: str, encode: Encode, tmp_path: Path) -> None:
        level = 200 if mode == "L" else 255
        picture = self.read(encode(Image.new("L", (8, 6), level).convert(mode), image_format), tmp_path)
        assert picture.pixels.shape == (6, 8, 3)
        np.testing.assert_allclose(picture.pixels, level / 255, atol=1e-6)
        assert picture.alpha is None

    def test_gray_with_alpha(self, encode: Encode, tmp_path: Path) -> None:
        picture = self.read(encode(Image.new("LA", (4, 3), (200, 51)), "PNG"), tmp_path)
        np.testing.assert_allclose(picture.pixels, 200 / 255)
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha, 0.2)

    @pytest.mark.parametrize("image_format", ["PNG", "WEBP", "TIFF", "AVIF"])
    def test_color_with_alpha(
        self, image_format: str, encode: Encode, corners: Pixels, tmp_path: Path
    ) -> None:
        alpha = np.full((24, 32, 1), 255, dtype=np.uint8)
        alpha[:, :16] = 102
        picture = self.read(encode(np.dstack([corners, alpha]), image_format), tmp_path)
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha[:, [5, 25]], [[0.4, 1]] * 24, atol=0.02)
        np.testing.assert_allclose(picture.pixels[5, 5], [1, 0, 0], atol=0.08)

    def test_palette(self, corners: Pixels, encode: Encode, tmp_path: Path) -> None:
        picture = self.read(encode(Image.fromarray(corners).quantize(4), "PNG"), tmp_path)
        np.testing.assert_allclose(picture.pixels, unit(corners), atol=1e-6)
        assert picture.alpha is None

    @pytest.mark.parametrize("transparency", [0, bytes([0, 128])])
    def test_palette_with_transparency(
        self, transparency: int | bytes, encode: Encode, tmp_path: Path
    ) -> None:
        image = Image.new("P", (2, 1))
        image.putpalette([255, 0, 0, 0, 0, 255])
        image.putpixel((1, 0), 1)
        picture = self.read(encode(image, "PNG", transparency=transparency), tmp_path)
        assert picture.pixels.tolist() == [[[1, 0, 0], [0, 0, 1]]]
        assert picture.alpha is not None
        assert picture.alpha[0].tolist() == pytest.approx([0, 1 if transparency == 0 else 128 / 255])

    def test_gif_with_transparency(self, encode: Encode, tmp_path: Path) -> None:
        image = Image.new("P", (2, 1))
        image.putpalette([255, 0, 0, 0, 0, 255])
        image.putpixel((1, 0), 1)
        picture = self.read(encode(image, "GIF", transparency=1), tmp_path)
        assert picture.alpha is not None
        assert picture.alpha.tolist() == [[1, 0]]

    @pytest.mark.parametrize(
        ("mode", "color", "key"), [("RGB", (9, 8, 7), (9, 8, 7)), ("L", 9, 9), ("1", 0, 0)]
    )
    def test_transparent_color(self, mode: str, color: Any, key: Any, encode: Encode, tmp_path: Path) -> None:
        image = Image.new(mode, (2, 1), color)
        image.putpixel((1, 0), (255, 255, 255) if mode == "RGB" else 255)
        picture = self.read(encode(image, "PNG", transparency=key), tmp_path)
        assert picture.alpha is not None
        assert picture.alpha.tolist() == [[0, 1]]
        assert picture.pixels[0, 1].tolist() == [1, 1, 1]

    @pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
    def test_cmyk(self, image_format: str, encode: Encode, tmp_path: Path) -> None:
        # Full yellow and half magenta, no profile: orange.
        picture = self.read(encode(Image.new("CMYK", (8, 8), (0, 128, 255, 0)), image_format), tmp_path)
        np.testing.assert_allclose(picture.pixels[4, 4], [1, 0.5, 0], atol=0.03)

    def test_lab(self, encode: Encode, tmp_path: Path) -> None:
        # L* 53.2, a* 80, b* 67 is sRGB red (Pillow keeps a and b shifted by 128).
        picture = self.read(encode(Image.new("LAB", (8, 8), (136, 208, 195)), "TIFF"), tmp_path)
        np.testing.assert_allclose(picture.pixels[4, 4], [1, 0, 0], atol=0.05)

    @pytest.mark.parametrize(
        "mode",
        [
            "1",
            "L",
            "LA",
            "La",
            "P",
            "PA",
            "RGB",
            "RGBA",
            "RGBa",
            "RGBX",
            "CMYK",
            "YCbCr",
            "LAB",
            "HSV",
            "I",
            "F",
            "I;16",
            "I;16B",
        ],
    )
    def test_every_pil_mode(self, mode: str) -> None:
        picture = read_image(Image.new(mode, (3, 2)))
        assert picture.pixels.shape == (2, 3, 3)
        assert (picture.alpha is not None) == (mode in ("LA", "La", "PA", "RGBA", "RGBa"))

    def test_deep_pil_modes(self) -> None:
        for mode, value, expected in (("I;16", 13107, 0.2), ("I", 13107, 0.2), ("F", 0.2, 0.2)):
            np.testing.assert_allclose(read_image(Image.new(mode, (2, 2), value)).pixels, expected, atol=1e-6)

    @pytest.mark.parametrize(
        ("mode", "value"), [("I", 65536), ("I", -1), ("F", 1.5), ("F", -0.1), ("F", np.nan)]
    )
    def test_refuses_deep_pil_values(self, mode: str, value: float) -> None:
        with pytest.raises(ImageReadError) as error:
            read_image(Image.new(mode, (2, 2), value))
        one_line(error, f"mode {mode} with values outside")


class TestOrientation:
    # How a camera stores an upright picture under each value of the tag, from the EXIF standard.
    TRANSPOSE: ClassVar = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }

    def stored(self, corners: Pixels, orientation: int) -> Image.Image:
        image = Image.fromarray(corners)
        return image if orientation == 1 else image.transpose(self.TRANSPOSE[orientation])

    @pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_upright(
        self, image_format: str, orientation: int, corners: Pixels, encode: Encode, tmp_path: Path
    ) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        (tmp_path / "x").write_bytes(encode(self.stored(corners, orientation), image_format, exif=exif))
        picture = read_image(tmp_path / "x")
        assert picture.size == (24, 32)
        assert picture.pixels.flags.c_contiguous
        np.testing.assert_allclose(
            picture.pixels[[[5, 5], [18, 18]], [7, 25]], unit(corners)[[[5, 5], [18, 18]], [7, 25]], atol=0.06
        )

    def test_alpha_turns_along(self, encode: Encode, tmp_path: Path) -> None:
        image = Image.new("RGBA", (2, 1), (255, 0, 0, 0))
        image.putpixel((1, 0), (0, 0, 255, 255))
        exif = Image.Exif()
        exif[0x0112] = 6  # stored lying on its left side: the first column is the top row
        (tmp_path / "x").write_bytes(encode(image, "PNG", exif=exif))
        picture = read_image(tmp_path / "x")
        assert picture.alpha is not None
        assert picture.alpha.tolist() == [[0], [1]]
        assert picture.pixels.tolist() == [[[1, 0, 0]], [[0, 0, 1]]]

    @pytest.mark.parametrize("orientation", [0, 9, 60000])
    def test_nonsense_is_upright(
        self, orientation: int, corners: Pixels, encode: Encode, tmp_path: Path
    ) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        (tmp_path / "x").write_bytes(encode(corners, "PNG", exif=exif))
        np.testing.assert_array_equal(read_image(tmp_path / "x").pixels, unit(corners))

    def test_broken_exif_is_ignored(self, corners: Pixels, encode: Encode, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(encode(corners, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff garbage"))
        assert read_image(tmp_path / "x").size == (24, 32)


def png(width: int, height: int, depth: int = 8) -> bytes:
    """A PNG header that promises a size, and next to nothing behind it."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*chunks, (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + body


class TestRefusals:
    def refuse(self, path: object, *parts: str, kind: type[Exception] = ImageReadError) -> None:
        with pytest.raises(kind) as error:
            read_image(str(path))
        assert type(error.value) is kind
        one_line(error, *parts)

    def test_missing(self, unchanged: Path) -> None:
        self.refuse(unchanged / "no.png", "no.png", "does not exist", "give the path")

    def test_missing_with_a_line_break_in_its_name(self, unchanged: Path) -> None:
        self.refuse(unchanged / "a\nb.png", "a\\nb.png")

    def test_folder(self, unchanged: Path) -> None:
        self.refuse(unchanged, "is a folder")

    def test_below_a_file(self, unchanged: Path) -> None:
        self.refuse(unchanged / "old.png" / "x.png", "cannot be read", "Not a directory")

    def test_device(self) -> None:
        self.refuse("/dev/zero", "is a device")

    def test_nul_in_the_path(self) -> None:
        self.refuse("a\0b", "cannot be read")

    def test_unreadable(self, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def deny(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", deny)  # as root nothing is unreadable
        self.refuse(unchanged / "old.png", "cannot be read (Permission denied)")

    @pytest.mark.parametrize(
        "data", [b"hello", b"%!PS-Adobe-3.0 EPSF-3.0", b"<svg/>", b"\0" * 999, b"RIFF1234WAVE"]
    )
    def test_not_a_picture(self, data: bytes, unchanged: Path) -> None:
        (unchanged / "folder.png").rmdir()
        (unchanged / "folder.png").write_bytes(data)
        try:
            self.refuse(unchanged / "folder.png", "is not a picture", "JPEG, PNG, WebP")
        finally:
            (unchanged / "folder.png").unlink()
            (unchanged / "folder.png").mkdir()

    def test_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "x.png").touch()
        self.refuse(tmp_path / "x.png", "is empty")

    def test_endless_stdin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Endless(io.RawIOBase):
            def read(self, size: int | None = -1) -> bytes:
                assert size is not None
                assert size > 0, "read to the end of an endless stream"
                return b"\0" * size

        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Endless()))
        self.refuse("-", "'stdin' is not a picture")

    def test_empty_and_closed_stdin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
        self.refuse("-", "'stdin' is empty")
        monkeypatch.setattr(sys, "stdin", None)
        self.refuse("-", "'stdin' is closed")

    @pytest.mark.parametrize("image_format", FORMATS)
    @pytest.mark.parametrize("share", [0.03, 0.3, 0.5, 0.9])
    def test_truncated(self, image_format: str, share: float, encode: Encode, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
        data = encode(noise, image_format)
        (tmp_path / "half").write_bytes(data[: int(len(data) * share)])
        self.refuse(tmp_path / "half", "half", "truncated", "intact")

    @pytest.mark.parametrize("image_format", FORMATS)
    def test_head_alone(self, image_format: str, corners: Pixels, encode: Encode, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(encode(corners, image_format)[:16])
        self.refuse(tmp_path / "x", "truncated")

    def test_too_large_before_decoding(self, tmp_path: Path) -> None:
        (tmp_path / "bomb.png").write_bytes(png(20_000, 15_000))
        self.refuse(
            tmp_path / "bomb.png",
            "20000 x 15000",
            "300,000,000",
            "200,000,000",
            "--max-pixels",
            kind=ImageTooLargeError,
        )
        (tmp_path / "deep.png").write_bytes(png(20_000, 15_000, depth=16))
        self.refuse(tmp_path / "deep.png", "--max-pixels", kind=ImageTooLargeError)

    @pytest.mark.parametrize("image_format", FORMATS)
    def test_limit_is_exact(self, image_format: str, corners: Pixels, encode: Encode, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(encode(corners, image_format))
        assert read_image(tmp_path / "x", max_pixels=24 * 32).size == (24, 32)
        with pytest.raises(ImageTooLargeError):
            read_image(tmp_path / "x", max_pixels=24 * 32 - 1)

    def test_pillows_own_limit_does_not_leak(
        self, corners: Pixels, encode: Encode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            Image, "MAX_IMAGE_PIXELS", 100
        )  # 768 pixels: far above twice that, Pillow's error
        for image_format in FORMATS:
            (tmp_path / "x").write_bytes(encode(corners, image_format))
            assert read_image(tmp_path / "x").size == (24, 32)
        assert Image.MAX_IMAGE_PIXELS == 100

    def test_limit_and_filters_come_back_after_an_error(self, tmp_path: Path) -> None:
        limit, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
        (tmp_path / "x").write_bytes(png(5, 5))
        self.refuse(tmp_path / "x", "truncated")
        assert limit == Image.MAX_IMAGE_PIXELS
        assert list(warnings.filters) == filters

    @pytest.mark.parametrize("size", [(0, 5), (5, 0)])
    @pytest.mark.parametrize("depth", [8, 16])
    def test_zero_sized_png(self, size: tuple[int, int], depth: int, tmp_path: Path) -> None:
        (tmp_path / "x.png").write_bytes(png(*size, depth=depth))
        self.refuse(tmp_path / "x.png", "x.png", "no pixels")

    def test_zero_sized_bmp_and_gif(self, corners: Pixels, encode: Encode, tmp_path: Path) -> None:
        bmp = bytearray(encode(corners, "BMP"))
        bmp[18:22] = bytes(4)
        gif = bytearray(encode(corners, "GIF"))
        frame = gif.index(b",\0\0\0\0") + 5
        gif[6:8] = gif[frame : frame + 2] = bytes(2)  # the screen and the frame in it
        for data in (bmp, gif):
            (tmp_path / "x").write_bytes(data)
            self.refuse(tmp_path / "x")

    def test_zero_sized_pil_image(self) -> None:
        with pytest.raises(ImageReadError, match="no pixels"):
            read_image(Image.new("RGB", (0, 5)))

    @pytest.mark.parametrize("image_format", FORMATS)
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(data=st.data())
    def test_damage_gives_a_picture_or_an_image_error(
        self, image_format: str, data: st.DataObject, corners: Pixels, encode: Encode, tmp_path: Path
    ) -> None:
        file = bytearray(encode(corners, image_format))
        for _ in range(data.draw(st.integers(1, 4))):
            file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
        (tmp_path / "x").write_bytes(file)
        try:
            read_image(tmp_path / "x", max_pixels=1_000_000)
        except (ImageReadError, ImageTooLargeError) as error:
            message = str(error)
        else:
            message = ""
        assert "\n" not in message
