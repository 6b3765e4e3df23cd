"""The record: it comes back as it was written, and nothing else is taken for one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from impasto.errors import ConfigError, ImageReadError, ImageWriteError
from impasto.image import read_image, read_record, write_image
from impasto.image.record import tiff_with_record

Encode = Callable[..., bytes]

KEEPING = [".png", ".jpg", ".jpeg", ".webp", ".avif", ".tif", ".tiff"]
RECORDS = [
    "{}",
    '{"a": 1}',
    json.dumps({"command": "paint", "style": "sunflowers.jpg", "seed": 7, "text": "ü € 🎨"}),
    '{"not ascii": "ü € 🎨"}',
    json.dumps({"long": "x" * 40_000}),
    '{"odd": 1}',
]
NOISE = np.random.default_rng(0).random((9, 11, 4)).astype(np.float32)


@pytest.mark.parametrize("record", RECORDS, ids=range(len(RECORDS)))
class TestRoundTrip:
    @pytest.mark.parametrize("suffix", KEEPING)
    def test_eight_bits(self, suffix: str, record: str, tmp_path: Path) -> None:
        path = tmp_path / f"x{suffix}"
        write_image(path, NOISE[..., :3])
        plain = read_image(path)
        write_image(path, NOISE[..., :3], record=record)
        assert read_record(path) == record
        np.testing.assert_array_equal(read_image(path).pixels, plain.pixels)

    @pytest.mark.parametrize("suffix", [".png", ".tif"])
    def test_sixteen_bits(self, suffix: str, record: str, tmp_path: Path) -> None:
        path = tmp_path / f"x{suffix}"
        write_image(path, NOISE[..., :3], alpha=NOISE[..., 3], bit_depth=16, record=record)
        assert read_record(path) == record
        np.testing.assert_allclose(read_image(path).pixels, NOISE[..., :3], atol=0.51 / 65535)


@pytest.mark.parametrize("suffix", [".tif", ".jpg", ".webp", ".avif"])
def test_other_readers_find_it_in_exif(suffix: str, tmp_path: Path) -> None:
    write_image(tmp_path / f"x{suffix}", NOISE[..., :3], record='{"a": 1}')
    with Image.open(tmp_path / f"x{suffix}") as image:
        assert image.getexif().get_ifd(0x8769)[0x9286] == b'ASCII\0\0\0{"a": 1}'


def test_other_readers_find_it_in_png(tmp_path: Path) -> None:
    write_image(tmp_path / "x.png", NOISE[..., :3], record='{"a": "ü"}')
    with Image.open(tmp_path / "x.png") as image:
        assert image.info["impasto"] == '{"a": "ü"}'


@pytest.mark.parametrize("suffix", [".bmp", ".gif"])
def test_formats_without_a_place_for_it(suffix: str, tmp_path: Path) -> None:
    write_image(tmp_path / f"x{suffix}", NOISE[..., :3], record='{"a": 1}')
    assert read_record(tmp_path / f"x{suffix}") is None


@pytest.mark.parametrize("suffix", [*KEEPING, ".bmp", ".gif"])
def test_none_where_there_is_none(suffix: str, tmp_path: Path) -> None:
    write_image(tmp_path / f"x{suffix}", NOISE[..., :3])
    assert read_record(tmp_path / f"x{suffix}") is None


@pytest.mark.parametrize(
    "comment",
    [
        b"ASCII\0\0\0Holiday 2019",
        b"ASCII\0\0\0" + b" " * 50,
        b"\0" * 60,
        b"",
        b"JIS\0\0\0\0\0{}",
        b"UNICODE\0\xff",
        b"ASCII\0\0\0[1]",
    ],
)
def test_comments_of_cameras_are_no_records(comment: bytes, encode: Encode, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = comment
    (tmp_path / "x.jpg").write_bytes(encode(Image.new("RGB", (4, 4)), "JPEG", exif=exif))
    assert read_record(tmp_path / "x.jpg") is None


@pytest.mark.parametrize("record", ["", "hello", "[1]", "{", "7"])
def test_only_objects_are_written(record: str, unchanged: Path) -> None:
    with pytest.raises(ConfigError, match="JSON object"):
        write_image(unchanged / "x.png", NOISE[..., :3], record=record)


def test_too_long_for_jpeg(unchanged: Path) -> None:
    with pytest.raises(ImageWriteError, match="too long") as error:
        write_image(unchanged / "x.jpg", NOISE[..., :3], record=json.dumps({"x": "x" * 70_000}))
    assert "\n" not in str(error.value)


def test_big_endian_tiff(tmp_path: Path, encode: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import TiffImagePlugin

    monkeypatch.setattr(TiffImagePlugin, "WRITE_LIBTIFF", False)
    data = encode(Image.fromarray(np.arange(16, dtype=np.uint16).reshape(4, 4).astype(">u2")), "TIFF")
    assert data[:2] == b"MM"
    (tmp_path / "x.tif").write_bytes(tiff_with_record(data, '{"a": 1}'))
    assert read_record(tmp_path / "x.tif") == '{"a": 1}'
    levels: Any = np.rint(read_image(tmp_path / "x.tif").pixels[..., 0] * 65535)
    assert levels.tolist() == np.arange(16).reshape(4, 4).tolist()


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\x89PNG\r\n\x1a\n rubbish", b"II*\0\xff\xff\xff\xff", b"\xff\xd8\xff\xe0"]
)
def test_not_a_picture(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ImageReadError) as error:
        read_record(tmp_path / "x")
    assert "\n" not in str(error.value)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match="does not exist"):
        read_record(tmp_path / "x.png")
