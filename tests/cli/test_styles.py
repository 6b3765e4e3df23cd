"""`impasto styles` and `impasto inspect`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from impasto.models import Card, registry

Run = Callable[..., Any]
Make = Callable[..., Path]


@pytest.fixture
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder of styles; none is shipped."""
    monkeypatch.setattr(registry, "GALLERY", folder / "none")
    monkeypatch.setenv("IMPASTO_HOME", str(folder / "home"))
    own = folder / "home" / "models"
    own.mkdir(parents=True)
    return own


def test_none_is_installed(run: Run, home: Path) -> None:
    done = run("styles")
    assert (done.code, done.out) == (0, "")
    assert done.err == f"impasto: no style is installed; put models (NAME.onnx) into {home}\n"
    assert run("styles", "--json").out == "[]\n"


def test_styles_are_listed(run: Run, home: Path, make_model: Make) -> None:
    card = Card(name="wave", title="Under the [bold]Wave", artist="Hokusai", year="1831").to_metadata()
    make_model(home / "wave.onnx", card=card)
    (home / "bad.onnx").write_bytes(b"bad" * 1000)
    done = run("styles")
    assert (done.code, done.err) == (0, "")
    head, bad, wave = done.out.splitlines()
    assert head.split() == ["style", "title", "artist", "year", "KB"]
    assert bad.split("  ")[0].strip() == "bad"
    assert "damaged" in bad
    assert bad.endswith(" 3")
    assert "Under the [bold]Wave" in wave
    assert "Hokusai" in wave
    assert "1831" in wave


def test_styles_as_json(run: Run, home: Path, make_model: Make) -> None:
    path = make_model(home / "wave.onnx")
    (home / "bad.onnx").write_bytes(b"bad")
    bad, wave = json.loads(run("styles", "--json").out)
    assert bad == {"name": "bad", "path": str(home / "bad.onnx"), "bytes": 3, "card": None}
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


def test_inspect_takes_a_name_and_a_brush(run: Run, home: Path, make_model: Make) -> None:
    make_model(home / "wave.onnx")
    assert "title: A title\n" in run("inspect", "wave").out
    save_file({"code": np.zeros(2, np.float32)}, "b.brush", Card(kind="brush", name="b").to_metadata())
    assert "kind: brush\n" in run("inspect", "b.brush").out


def test_inspect_prints_a_record(run: Run, home: Path, make_model: Make) -> None:
    make_model(Path("a.onnx"))
    assert run("apply", "photo.png", "--style", "a.onnx", "-o", "out.jpg", "--strength", "0.5").code == 0
    done = run("inspect", "out.jpg")
    assert (done.code, done.err) == (0, "")
    assert "verb: apply\n" in done.out
    assert 'settings: {"strength": 0.5}\n' in done.out
    shown = json.loads(run("inspect", "out.jpg", "--json").out)
    assert shown["record"]["style"]["file"] == "a.onnx"
