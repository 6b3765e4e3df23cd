"""`impasto styles` and `impasto inspect`."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto.image import Cell, draw_sheet, read_image, resize
from impasto.models import Card, registry
from impasto.models.base import Base
from impasto.models.brush import Brush
from impasto.models.stylizer import Stylizer

Run = Callable[..., Any]
Make = Callable[..., Path]


@pytest.fixture
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder of styles; none is shipped."""
    monkeypatch.setattr(registry, "GALLERY", folder / "none")
    monkeypatch.setenv("IMPASTO_HOME", str(folder / "home"))
    own = folder / "home" / "models"
    own.mkdir(parents=True)
    (folder / "home" / "brushes").mkdir()
    return own


def test_none_is_installed(run: Run, home: Path) -> None:
    done = run("styles")
    assert (done.code, done.out) == (0, "")
    brushes = home.parent / "brushes"
    assert done.err == (
        f"impasto: no style is installed; put models (NAME.onnx) into {home}, "
        f"brushes (NAME.brush) into {brushes}\n"
    )
    assert run("styles", "--json").out == "[]\n"


def test_styles_are_listed(run: Run, home: Path, make_model: Make) -> None:
    card = Card(name="wave", title="Under the [bold]Wave", artist="Hokusai", year="1831").to_metadata()
    make_model(home / "wave.onnx", card=card)
    (home / "bad.onnx").write_bytes(b"bad" * 1000)
    done = run("styles")
    assert (done.code, done.err) == (0, "")
    head, bad, wave = done.out.splitlines()
    assert head.split() == ["style", "kind", "title", "artist", "year"]
    assert bad.split()[:2] == ["bad", "model"]
    assert "damaged, or not a model" in bad
    assert "Under the [bold]Wave" in wave
    assert "Hokusai" in wave
    assert "1831" in wave


def test_styles_as_json(run: Run, home: Path, make_model: Make) -> None:
    path = make_model(home / "wave.onnx")
    (home / "bad.onnx").write_bytes(b"bad")
    bad, wave = json.loads(run("styles", "--json").out)
    assert bad == {"name": "bad", "kind": "model", "path": str(home / "bad.onnx"), "bytes": 3, "card": None}
    assert (wave["name"], wave["path"], wave["bytes"]) == ("wave", str(path), path.stat().st_size)
    assert wave["card"]["artist"] == "Somebody"


def test_inspect_prints_a_card(run: Run, home: Path, make_model: Make) -> None:
    card = Card(name="a", title="Élan", recipe={"steps": 7}, version="0.0.9").to_metadata()
    make_model(Path("a.onnx"), card=card)
    done = run("inspect", "a.onnx")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    for line in ("file: a.onnx", "title: Élan", 'recipe: {"steps": 7}', "version: 0.0.9", "license: MIT"):
        assert line in lines
    assert not [line for line in lines if line.startswith("artist")]  # it is not known
    shown = json.loads(run("inspect", "a.onnx", "--json").out)
    assert shown["card"]["recipe"] == {"steps": 7}
    assert shown["bytes"] == Path("a.onnx").stat().st_size
    assert len(shown["sha256"]) == 64


def test_inspect_takes_a_name(run: Run, home: Path, make_model: Make) -> None:
    make_model(home / "wave.onnx")
    assert "title: A title\n" in run("inspect", "wave").out


def test_inspect_prints_a_brush(run: Run, home: Path, tiny_base: Path) -> None:
    brush = Brush.from_painting("dots.png", base=tiny_base)
    brush.save(home.parent / "brushes" / "dots.brush")
    done = run("inspect", "dots")
    assert (done.code, done.err) == (0, "")
    for line in ("kind: brush", "name: dots", f"base: {brush.base}", f"code: {brush.code.size}", "rank: 0"):
        assert line in done.out.splitlines()
    shown = json.loads(run("inspect", "home/brushes/dots.brush", "--json").out)
    assert shown["brush"] == {"base": brush.base, "code": brush.code.size, "rank": 0}
    assert shown["card"]["recipe"]["painting"]["name"] == "dots.png"
    assert (shown["sha256"], shown["bytes"]) == (brush.sha256, len(brush.to_bytes()))


def test_inspect_prints_a_base(run: Run, home: Path, tiny_base: Path) -> None:
    shutil.copytree(tiny_base, "base")
    done = run("inspect", "base")
    assert (done.code, done.err) == (0, "")
    for line in ("kind: base", "name: tiny-0", f"sha256: {Base('base').sha256}"):
        assert line in done.out.splitlines()
    shown = json.loads(run("inspect", "base", "--json").out)
    assert set(shown["files"]) == {"transform.onnx", "encode.onnx", "weights.safetensors"}
    assert shown["bytes"] == sum(shown["files"].values())
    for name in shown["files"]:
        assert "name: tiny-0\n" in run("inspect", f"base/{name}").out


def test_inspect_prints_a_record(run: Run, home: Path, make_model: Make) -> None:
    make_model(Path("a.onnx"))
    assert run("apply", "photo.png", "--style", "a.onnx", "-o", "out.jpg", "--strength", "0.5").code == 0
    done = run("inspect", "out.jpg")
    assert (done.code, done.err) == (0, "")
    assert "verb: apply\n" in done.out
    assert 'settings: {"strength": 0.5}\n' in done.out
    shown = json.loads(run("inspect", "out.jpg", "--json").out)
    assert shown["record"]["style"]["file"] == "a.onnx"


@pytest.fixture
def gallery(run: Run, home: Path, tiny_base: Path, make_model: Make) -> Path:
    """A model `wave`, brushes `dots` and `night`, and a base; the folder of all."""
    shutil.copytree(tiny_base, home.parent / "base")
    card = Card(name="wave", title="The Wave", artist="Hokusai", year="1831").to_metadata()
    make_model(home / "wave.onnx", card=card)
    for name in ("dots", "night"):
        Brush.from_painting(f"{name}.png").save(home.parent / "brushes" / f"{name}.brush")
    return home.parent


def test_models_and_brushes_are_listed(run: Run, gallery: Path) -> None:
    lines = run("styles").out.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [["dots", "brush"], ["night", "brush"], ["wave", "model"]]
    assert [each["kind"] for each in json.loads(run("styles", "--json").out)] == ["brush", "brush", "model"]


def test_a_sheet_of_all_styles(run: Run, gallery: Path) -> None:
    done = run("styles", "--sheet", "photo.png", "-o", "sheet.png", "--size", "160")
    assert (done.code, done.out, done.err) == (0, "", "impasto: wrote sheet.png (3 styles)\n")
    sheet = read_image("sheet.png").pixels
    photo = resize(read_image("photo.png").pixels, (133, 160))
    pictures = [
        photo,
        *(Stylizer(name)(read_image("photo.png"), size=160) for name in ("dots", "night", "wave")),
    ]
    places = [found_in(sheet, picture) for picture in pictures]
    assert places == sorted(places)  # the photo first, then by name
    assert len({top for top, _ in places}) == len({left for _, left in places}) == 2


def test_a_sheet_says_which_is_the_model_and_which_the_brush(
    run: Run, gallery: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model(gallery / "models" / "dots.onnx", card=Card(name="dots", title="Dots").to_metadata())
    captions: list[str] = []

    def seen(rows: list[list[Cell]]) -> Any:
        captions.extend(cell.caption for row in rows for cell in row)
        return draw_sheet(rows)

    monkeypatch.setattr("impasto.image.draw_sheet", seen)
    assert run("styles", "--sheet", "photo.png", "-o", "sheet.png", "--size", "32").code == 0
    assert sum("Dots (model)" in caption for caption in captions) == 1
    assert sum("(brush)" in caption for caption in captions) == 1  # and not of those that are there once


@pytest.mark.parametrize("columns", ["40", "80"])
def test_names_are_whole_in_a_narrow_terminal(
    run: Run, home: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    name = "cafe-terrace-at-night-in-the-rain"
    make_model(home / f"{name}.onnx", card=Card(name=name, title="Of a long title " * 4).to_metadata())
    assert name in run("styles").out


def found_in(sheet: Any, picture: Any) -> tuple[int, int]:
    """Where a picture is on a sheet, from the top left."""
    levels, wanted = np.rint(sheet * 255), np.rint(picture * 255)
    high, wide = wanted.shape[:2]
    for top, left in np.argwhere((levels == wanted[0, 0]).all(axis=2)):
        if np.array_equal(levels[top : top + high, left : left + wide], wanted):
            return int(top), int(left)
    raise AssertionError("it is not there")


def test_what_is_damaged_is_named_at_the_end(run: Run, gallery: Path) -> None:
    (gallery / "models" / "bad.onnx").write_bytes(b"bad")
    (gallery / "brushes" / "worse.brush").write_bytes(b"bad")
    done = run("styles", "--sheet", "photo.png", "-o", "sheet.png", "--size", "32")
    assert (done.code, done.out) == (1, "")
    said, bad, worse = done.err.splitlines()
    assert said == "impasto: wrote sheet.png (3 styles)"
    assert bad.startswith("impasto: failed: ")
    assert "bad.onnx is not an ONNX model" in bad
    assert "worse.brush is not a safetensors file" in worse
    assert min(read_image("sheet.png").size) > 64


def test_events_of_a_sheet(run: Run, gallery: Path) -> None:
    done = run("styles", "--sheet", "photo.png", "-o", "sheet.png", "--size", "32", "--json")
    assert (done.code, done.err) == (0, "")
    assert [event["event"] for event in done.events] == ["made", "made", "made", "done"]
    assert done.events[0]["source"] == "dots"
    assert run("styles", "--sheet", "photo.png", "-o", "sheet.png", "--quiet", "--size", "32").err == ""


def test_a_sheet_that_cannot_be(run: Run, folder: Path, gallery: Path) -> None:
    def refused(command: str, why: str) -> None:
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        done = run(*command.split())
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done
        assert why in done.err
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before

    sheet = "styles --sheet photo.png"
    refused(f"{sheet} -o photo.png", "photo.png is read, and would be overwritten")
    refused(f"{sheet} -o sheet.xyz", "'.xyz'")
    refused(f"{sheet} -o none/sheet.png", "does not exist")
    refused("styles --sheet none.png -o sheet.png", "'none.png' does not exist")
    refused("styles --sheet . -o sheet.png", "is a folder")
    refused(f"{sheet} -o sheet.png --base none", "none is not a folder")
    refused(f"{sheet} -o sheet.png --size 8", "--size")
    refused(f"{sheet} -o - --json", "both want stdout")
    shutil.rmtree(gallery / "base")
    refused(f"{sheet} -o sheet.png", "no base is installed")
    shutil.rmtree(gallery / "brushes")
    (gallery / "models" / "wave.onnx").write_bytes(b"bad")
    refused(f"{sheet} -o sheet.png", "none of the 1 styles can be shown: ")
