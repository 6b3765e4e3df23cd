"""Brushes, paintings and blends as styles: what is made of them, and what is said of them."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import impasto
from impasto import Brush, Stylizer
from impasto.errors import ArtifactError, ImageReadError, ImageTooSmallError
from impasto.image import read_image, resize, write_image
from impasto.models.base import Base
from impasto.models.files import read_artifact

Make = Callable[..., Path]
Floats = NDArray[np.float32]


def picture(height: int = 60, width: int = 80, seed: int = 0) -> Floats:
    """Soft stains, in levels of 8 bits."""
    coarse = np.random.default_rng(seed).random((5, 6, 3), dtype=np.float32)
    return np.rint(resize(coarse, (height, width)) * 255).astype(np.float32) / np.float32(255)


PHOTO = picture(40, 48, seed=9)


@pytest.fixture
def home(own_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with day.png and night.png, and brushes `day` and `night` of them installed."""
    monkeypatch.chdir(tmp_path)
    brushes = own_base.parent / "brushes"
    brushes.mkdir()
    for seed, name in enumerate(("day", "night")):
        write_image(f"{name}.png", picture(seed=seed + 1))
        Brush.from_painting(f"{name}.png").save(brushes / f"{name}.brush")
    return tmp_path


def brush(name: str) -> Brush:
    return Brush.load(Path("own/brushes") / f"{name}.brush")


def stylized(style: Any, **how: Any) -> Floats:
    return Stylizer(style)(PHOTO, **how)


def test_a_brush_however_it_is_given(home: Path) -> None:
    wanted = stylized(brush("day"))
    shutil.copy("own/brushes/day.brush", "copy.BRUSH")
    for style in ("day", "own/brushes/day.brush", home / "own/brushes/day.brush", "copy.BRUSH", "day:7"):
        assert np.array_equal(stylized(style), wanted)
    assert not np.allclose(wanted, stylized("night"), atol=0.02)
    assert not np.allclose(wanted, PHOTO, atol=0.1)


def test_a_painting_however_it_is_given(home: Path) -> None:
    wanted = stylized("day.png")
    with Image.open("day.png") as image:
        sources = (home / "day.png", image, np.asarray(image), picture(seed=1), read_image("day.png"))
        for source in sources:
            assert np.array_equal(stylized(source), wanted)
    shutil.copy("day.png", "called.onnx")  # what a file is goes before what it is called
    assert np.array_equal(stylized("called.onnx"), wanted)
    assert np.array_equal(wanted, stylized("day"))  # the brush was made of it, and keeps its code whole


def test_a_blend_is_of_the_codes(home: Path) -> None:
    one, other = brush("day"), brush("night")
    mixed = Brush.blend({one: 0.6, other: 0.4})
    assert mixed.code == pytest.approx(0.6 * one.code + 0.4 * other.code, abs=1e-6)
    wanted = stylized(mixed)
    for style in (
        "day:0.6,night:0.4",
        "day:3, night:2",
        "day.png:0.6,night:0.4",
        "own/brushes/day.brush:6,night.png:4",
    ):
        assert stylized(style) == pytest.approx(wanted, abs=2.01 / 255)
    assert not np.allclose(wanted, stylized("day"), atol=0.02)
    assert not np.allclose(wanted, stylized("night"), atol=0.02)


def test_a_file_goes_before_a_blend(home: Path) -> None:
    shutil.copy("day.png", "day:0.5,night:0.5")
    assert np.array_equal(stylized("day:0.5,night:0.5"), stylized("day.png"))


def test_strength(home: Path) -> None:
    full = stylized("day")
    assert np.array_equal(stylized("day", strength=0), PHOTO)
    assert np.array_equal(stylized("day", strength=0, stroke=2, keep_color="linear"), PHOTO)
    assert stylized("day", strength=0.3) == pytest.approx(PHOTO + 0.3 * (full - PHOTO), abs=1e-6)


def test_colors_may_stay(home: Path) -> None:
    pale = 0.5 + 0.4 * (PHOTO - 0.5)  # far from black and white, where colors would be cut off
    made = Stylizer("day")(pale, keep_color="linear")
    assert made.mean((0, 1)) == pytest.approx(pale.mean((0, 1)), abs=0.01)
    assert np.abs(Stylizer("day")(pale).mean((0, 1)) - pale.mean((0, 1))).max() > 0.02


def test_the_record_names_brush_and_base(home: Path) -> None:
    base = Base().sha256
    record = impasto.apply(PHOTO, "day", stroke=2).record
    assert record["settings"] == {"stroke": 2}
    file = read_artifact("own/brushes/day.brush")
    assert record["style"] == {
        "kind": "brush", "name": "day", "file": "day.brush", "sha256": file.sha256, "base": base
    }  # fmt: skip
    painting = impasto.apply(PHOTO, home / "day.png").record["style"]
    assert (painting["kind"], painting["file"]) == ("painting", "day.png")
    assert (painting["sha256"], painting["base"]) == (read_image("day.png").sha256, base)
    given = impasto.apply(PHOTO, brush("day")).record["style"]
    assert (given["kind"], given["file"], given["sha256"]) == ("brush", None, file.sha256)


def test_the_record_names_each_part_of_a_blend(home: Path) -> None:
    style = impasto.apply(PHOTO, "day:3,night.png:1").record["style"]
    assert (style["kind"], style["name"]) == ("blend", "day:0.75,night:0.25")
    assert style["file"] == "day.brush:3,night.png:1"
    assert style["base"] == Base().sha256
    assert [part["kind"] for part in style["parts"]] == ["brush", "painting"]
    assert [part["share"] for part in style["parts"]] == [3, 1]
    assert style["parts"][1]["sha256"] == read_image("night.png").sha256


def test_a_model_goes_before_a_brush_of_its_name(home: Path, make_model: Make) -> None:
    mixed = stylized("day:1,night:1")
    (home / "own/models").mkdir()
    make_model(home / "own/models/day.onnx")
    style = Stylizer("day")
    assert style(PHOTO) == pytest.approx(1 - PHOTO, abs=1e-6)
    assert style.stylize(PHOTO).record["style"]["kind"] == "model"
    assert np.array_equal(stylized("day:1,night:1"), mixed)


def test_a_base_may_be_given(home: Path, other_base: Path) -> None:
    theirs = Brush.from_painting("day.png", base=other_base)
    made = impasto.apply(PHOTO, theirs, base=other_base)
    assert made.record["style"]["base"] == Base(other_base).sha256
    assert np.array_equal(Stylizer("day.png", base=Base(other_base))(PHOTO), made.pixels)
    with pytest.raises(ArtifactError, match=f"day was made for the base {theirs.base[:12]}"):
        Stylizer(theirs)
    with pytest.raises(ArtifactError, match=r"day was made for the base \w{12} \(tiny-0\), and this is"):
        Stylizer("day:1,night.png:1", base=other_base)


@pytest.mark.parametrize(
    ("style", "error", "said"),
    [
        ("dya", ArtifactError, r"'dya'; did you mean day\? installed are day, invert, night"),
        ("dya:1,night:1", ArtifactError, "there is no style 'dya'"),
        ("day:1,none.brush:1", ArtifactError, r"none\.brush does not exist; give a model\.onnx, a"),
        ("none.brush", ArtifactError, "does not exist"),
        ("day,night", ArtifactError, "'day' in it has no share"),
        ("day:0,night:1", ArtifactError, "the share of day is 0"),
        ("invert.onnx:1,day:1", ArtifactError, r"a blend mixes brushes .* invert\.onnx is a model"),
        ("invert:1,day:1", ArtifactError, "a blend mixes brushes and paintings, and invert is a model"),
        ("bad.brush", ArtifactError, "bad.brush is not a safetensors file"),
        ("bad.png", ImageReadError, "bad.png"),
        ("narrow.png", ImageTooSmallError, r"narrow\.png is 1000 x 10 pixels, .* both sides must be"),
        ("own/base/transform.onnx", ArtifactError, "a model has one input"),
        (3, ArtifactError, "a style is int; give a model.onnx, a .brush or a painting, or a Brush"),
        (np.zeros((3, 3, 7)), ImageReadError, r"has the shape \(3, 3, 7\)"),
    ],
    ids=str,
)  # fmt: skip
def test_refusals_are_one_line(
    style: Any, error: type[Exception], said: str, home: Path, make_model: Make
) -> None:
    (home / "own/models").mkdir()
    make_model(home / "own/models/invert.onnx")
    make_model(home / "invert.onnx")
    Path("bad.brush").write_bytes(b"no brush at all")
    Path("bad.png").write_bytes(Path("day.png").read_bytes()[:300])
    write_image("narrow.png", picture(10, 1000))
    with pytest.raises(error, match=said) as caught:
        Stylizer(style)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("style", ["day.png", "brush", "a:1,b:2", "day.brush", PHOTO], ids=str)
def test_without_a_base(style: Any, no_base: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(no_base.parent)
    write_image("day.png", picture())
    brush = Brush.from_painting("day.png", base=tiny_base)
    (no_base / "brushes").mkdir(parents=True)
    for name in ("a", "b", "brush"):
        brush.save(no_base / "brushes" / f"{name}.brush")
    brush.save("day.brush")
    with pytest.raises(
        ArtifactError, match=r"no base is installed, and brushes and paintings need one; put"
    ) as no:
        Stylizer(style)
    assert "\n" not in str(no.value)
    assert Stylizer(style, base=tiny_base)(PHOTO).shape == PHOTO.shape


def test_a_damaged_base_is_found_when_it_is_prepared(home: Path, own_base: Path) -> None:
    path = own_base / "transform.onnx"
    path.write_bytes(path.read_bytes()[:3000])
    night = Brush.from_painting("night.png")
    style = Stylizer(night)
    with pytest.raises(ArtifactError, match=r"transform\.onnx is not an ONNX model, or is damaged"):
        style.prepare()


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_threads_with_different_strokes(engine: Any, home: Path) -> None:
    style = Stylizer("day", engine=engine, threads=1)
    strokes = [0.5, 1, 2, 1.5] * 6
    wanted = {stroke: style(PHOTO, stroke=stroke) for stroke in strokes}
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda stroke: style(PHOTO, stroke=stroke), strokes))
    for stroke, pixels in zip(strokes, made, strict=True):
        assert np.array_equal(pixels, wanted[stroke])


def test_bare_frames(home: Path) -> None:
    levels = np.rint(PHOTO * 255).astype(np.uint8)
    frame = Stylizer("day").frame(levels)
    assert np.array_equal(frame, np.rint(stylized("day") * 255).astype(np.uint8))
    assert (Stylizer("day").engine, Stylizer("day").card.name) == ("openvino", "day")
    assert Stylizer("day").precision in ("f32", "bf16")
