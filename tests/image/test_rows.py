"""PNG files written row by row: what any reader finds in them is the picture."""

import io
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ImageWriteError
from impasto.image import rows, write, write_levels
from impasto.image.icc import srgb_profile
from impasto.image.record import read_record
from impasto.image.rows import png_rows

LEVELS = np.random.default_rng(0).integers(0, 256, (37, 29, 3), dtype=np.uint8)
ALPHA = np.random.default_rng(1).integers(0, 256, (37, 29), dtype=np.uint8)
RECORD = json.dumps({"factor": 4, "ü": "x"})


@pytest.mark.parametrize("band", [1, 29 * 3 * 5, 2**22])
def test_pillow_reads_what_was_written(band: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_BAND", band)
    for layers, mode in (([LEVELS], "RGB"), ([LEVELS, ALPHA], "RGBA")):
        with Image.open(io.BytesIO(b"".join(png_rows(layers, RECORD)))) as image:
            assert image.mode == mode
            assert image.info["icc_profile"] == srgb_profile()
            assert np.array_equal(np.asarray(image), np.dstack(layers))


@pytest.mark.parametrize("large", [0, 2**25])
@pytest.mark.parametrize("alpha", [None, ALPHA])
def test_large_pictures_are_written_so(
    large: int, alpha: NDArray[np.uint8] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "LARGE", large)
    path = tmp_path / "a.png"
    write_levels(path, LEVELS, alpha=alpha, record=RECORD)
    assert read_record(path) == RECORD
    with Image.open(path) as image:
        assert np.array_equal(np.asarray(image), LEVELS if alpha is None else np.dstack([LEVELS, alpha]))
    assert list(tmp_path.iterdir()) == [path]


def test_other_formats_take_levels_too(tmp_path: Path) -> None:
    write_levels(tmp_path / "a.webp", LEVELS, quality=90, record=RECORD)
    assert read_record(tmp_path / "a.webp") == RECORD
    with pytest.raises(ImageWriteError, match="do not fit JPEG"):
        write_levels(tmp_path / "a.jpg", np.zeros((1, 65_501, 3), np.uint8))
    assert not (tmp_path / "a.jpg").exists()


def test_no_second_picture_is_held(tmp_path: Path) -> None:
    levels = np.zeros((6000, 6000, 3), np.uint8)  # 103 MiB
    tracemalloc.start()
    try:
        write_levels(tmp_path / "a.png", levels)
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()
