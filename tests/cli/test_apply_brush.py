"""`impasto apply` with brushes, paintings and blends, from beginning to end with a tiny base."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto.image import read_image, read_record
from impasto.models.base import Base
from impasto.models.brush import Brush
from impasto.models.stylizer import Stylizer

Run = Callable[..., Any]

APPLY = ("apply", "photo.png", "-o", "out.png", "--style")


@pytest.fixture(autouse=True)
def installed(folder: Path, own_base: Path) -> Path:
    """A base, and the brush `dots` of dots.png; the folder of brushes."""
    brushes = own_base.parent / "brushes"
    brushes.mkdir()
    Brush.from_painting("dots.png").save(brushes / "dots.brush")
    return brushes


def made(run: Run, *arguments: str) -> Any:
    """The pixels that a command writes."""
    done = run(*APPLY, *arguments)
    assert (done.code, done.out) == (0, ""), done.err
    assert done.err.startswith("impasto: wrote out.png (48 x 40) in ")
    return read_image("out.png").pixels


def record() -> dict[str, Any]:
    text = read_record("out.png")
    assert text is not None
    told: dict[str, Any] = json.loads(text)
    return told


def test_a_name_a_file_and_the_painting(run: Run, installed: Path) -> None:
    wanted = Stylizer("dots")("photo.png")
    for style in ("dots", "own/brushes/dots.brush", "dots.png"):
        assert np.array_equal(made(run, style), wanted)
    assert record()["style"]["kind"] == "painting"
    assert record()["style"]["base"] == Base().sha256


def test_a_blend(run: Run) -> None:
    mixed = Stylizer("dots:0.6,night.png:0.4")("photo.png")
    assert np.array_equal(made(run, "dots:0.6,night.png:0.4"), mixed)
    assert [part["name"] for part in record()["style"]["parts"]] == ["dots", "night"]


def test_strokes_strength_and_color(run: Run) -> None:
    plain = made(run, "dots")
    assert not np.array_equal(made(run, "dots", "--stroke", "2"), plain)
    assert record()["settings"] == {"stroke": 2.0}
    assert np.array_equal(made(run, "dots", "--strength", "0"), read_image("photo.png").pixels)
    how = ("--strength", "0.5", "--keep-color", "histogram", "--stroke", "0.5", "--engine", "onnxruntime")
    assert np.abs(made(run, "dots", *how) - plain).max() > 0.02


def test_many_photos(run: Run) -> None:
    Path("photos").mkdir()
    for name in ("a.png", "b.png"):
        shutil.copy("photo.png", f"photos/{name}")
    done = run("apply", "photos", "--style", "dots", "--stroke", "2", "-o", "out")
    assert done.code == 0, done.err
    wanted = Stylizer("dots")("photo.png", stroke=2)
    for name in ("a.png", "b.png"):
        assert np.abs(read_image(f"out/{name}").pixels - wanted).max() <= 0.51 / 255  # 8 bits


def test_how_to_make_it_again(run: Run) -> None:
    made(run, "own/brushes/dots.brush:0.5,night.png:0.5", "--stroke", "2")
    said = run("reproduce", "out.png").err
    assert "impasto apply photo.png --style dots.brush:0.5,night.png:0.5 --stroke 2.0 -o OUT" in said


def test_another_base(run: Run, other_base: Path) -> None:
    Brush.from_painting("dots.png", base=other_base).save("theirs.brush")
    theirs = made(run, "theirs.brush", "--base", str(other_base))
    assert np.array_equal(theirs, Stylizer("theirs.brush", base=other_base)("photo.png"))
    assert not np.array_equal(theirs, made(run, "dots"))


def test_a_brush_of_another_base_is_refused(run: Run, other_base: Path) -> None:
    Brush.from_painting("dots.png", base=other_base).save("theirs.brush")
    ours, theirs = Base().sha256[:12], Base(other_base).sha256[:12]
    done = run(*APPLY, "theirs.brush")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"dots was made for the base {theirs}, and this is {ours} (tiny-0), in " in done.err
    assert not Path("out.png").exists()


@pytest.mark.parametrize("place", [("out.png",), ("out", "photo.png")])
def test_a_damaged_base_is_one_line(place: tuple[str, ...], run: Run, own_base: Path) -> None:
    """Of many photos, too: they are not tried one after the other."""
    graph = own_base / "transform.onnx"
    graph.write_bytes(graph.read_bytes()[:3000])
    done = run("apply", "photo.png", *place[1:], "--style", "night.png", "-o", place[0])
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert not Path(place[0]).exists()
