"""`impasto reproduce`: what it writes, where, and what it says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto.image import read_image, read_record, write_image

Run = Callable[..., Any]

TINY = ("--weights", "tiny", "--size", "32", "--iterations", "2")


@pytest.fixture
def painted(run: Run, folder: Path) -> Path:
    done = run(
        "paint", "photo.png", "dots.png", *TINY, "-o", "out.png", "--keep-color", "linear", "--seed", "5"
    )
    assert done.code == 0
    return folder / "out.png"


def test_the_same_picture_beside_the_old_one(run: Run, painted: Path) -> None:
    done = run("reproduce", "out.png")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("impasto: wrote out-reproduced.png (32 x 27)")
    assert Path("out-reproduced.png").read_bytes() == painted.read_bytes()


def test_from_another_folder_its_sources_are_found_beside_it(
    run: Run, painted: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert run("reproduce", str(painted), "-o", "again.png").code == 0
    assert Path("again.png").read_bytes() == painted.read_bytes()


def test_all_that_it_lacks_is_said_in_one_line_with_its_flags(run: Run, painted: Path) -> None:
    Path("photo.png").rename("moved.png")
    write_image("dots.png", read_image("night.png").pixels)
    done = run("reproduce", "out.png")
    assert done.code == 2
    assert done.err == (
        "impasto: error: cannot reproduce out.png: "
        "content 'photo.png' is not here (give it with --content FILE); "
        "style 'dots.png' is not the one that was used (give it with --style FILE)\n"
    )
    assert not Path("out-reproduced.png").exists()


def test_moved_sources_are_given_by_flags(run: Run, painted: Path) -> None:
    Path("photo.png").rename("moved.png")
    Path("dots.png").rename("style.png")
    done = run("reproduce", "out.png", "--content", "moved.png", "--style", "style.png")
    assert done.code == 0, done.err
    assert Path("out-reproduced.png").read_bytes() == painted.read_bytes()


def test_other_versions_are_a_warning(run: Run, painted: Path) -> None:
    text = read_record("out.png")
    assert text is not None
    record = {**json.loads(text), "torch": "1.0", "impasto": "0.0.1"}
    write_image("old.png", read_image("out.png").pixels, record=json.dumps(record))
    done = run("reproduce", "old.png")
    assert done.code == 0
    assert done.err.count("impasto: warning: ") == 2
    assert "torch is " in done.err
    assert "it was 1.0; the picture may differ in details" in done.err


def test_a_preview_says_that_it_is_one(run: Run, folder: Path) -> None:
    assert run("paint", "photo.png", "dots.png", *TINY, "-o", "out.png", "--save-every", "1").code == 0
    done = run("reproduce", "out-0001.png", "-o", "again.png")
    assert "saved after step 1" in done.err
    assert np.array_equal(read_image("again.png").pixels, read_image("out.png").pixels)
