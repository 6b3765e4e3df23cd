"""JPEG files written in bands: byte by byte what one file of the whole picture would be."""

import io
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from impasto.image import rows_jpeg, write, write_levels
from impasto.image.encode import Job, jpeg_band
from impasto.image.icc import srgb_profile
from impasto.image.record import read_record
from impasto.image.rows_jpeg import jpeg_rows

RECORD = json.dumps({"factor": 4, "ü": "x"})


def smooth(height: int, width: int) -> NDArray[np.uint8]:
    small = np.random.default_rng(0).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height)))


def encode(image: Image.Image, first: bool, quality: int = 95) -> bytes:
    return jpeg_band(Job(image=image, quality=quality, record=RECORD), first=first)


@pytest.mark.parametrize("quality", [95, 80])  # with color of full resolution, and of half
@pytest.mark.parametrize("height", [1, 127, 128, 129, 256, 300])
def test_bands_are_the_file_of_the_whole(height: int, quality: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_jpeg, "BAND", 128)
    levels = smooth(height, 61)
    made = b"".join(jpeg_rows([levels], lambda image, first: encode(image, first, quality)))
    assert made == encode(Image.fromarray(levels), True, quality)


@pytest.mark.parametrize("large", [0, 2**25])
@pytest.mark.parametrize("clear", [False, True])
def test_large_pictures_are_written_so(
    large: int, clear: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "LARGE", large)
    levels = smooth(700, 90)
    alpha = np.zeros((700, 90), np.uint8) if clear else None
    path = tmp_path / "a.jpg"
    write_levels(path, levels, alpha=alpha, record=RECORD)
    assert read_record(path) == RECORD
    assert (b"\xff\xdd\0\x04" in path.read_bytes()) == (large == 0)  # says how far restart markers are apart
    with Image.open(path) as image:
        assert image.info["icc_profile"] == srgb_profile()
        found = np.asarray(image).astype(int)
    expected = np.full_like(levels, 255) if clear else levels
    assert np.abs(found - expected).mean() < 1.5
    assert list(tmp_path.iterdir()) == [path]


def test_an_encoder_of_another_kind_is_given_the_whole() -> None:
    levels = smooth(600, 40)

    def progressive(image: Image.Image, _: bool) -> bytes:
        file = io.BytesIO()
        image.save(file, "JPEG", progressive=True)
        return file.getvalue()

    assert b"".join(jpeg_rows([levels], progressive)) == progressive(Image.fromarray(levels), True)


def test_no_second_picture_is_held(tmp_path: Path) -> None:
    levels = np.zeros((6000, 6000, 3), np.uint8)  # 103 MiB
    tracemalloc.start()
    try:
        write_levels(tmp_path / "a.jpg", levels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 * 2**20
