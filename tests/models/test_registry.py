"""Names of styles, and the files that they stand for."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import impasto
from impasto.errors import ArtifactError
from impasto.models import Card, registry
from impasto.models.brush import Brush
from impasto.models.registry import find_style, own_folder, styles

Make = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_model: Make) -> Path:
    """`shipped/` and `home/models`: wave is shipped, olive both, mine and damaged are the user's own."""
    shipped, own = tmp_path / "shipped" / "models", tmp_path / "home" / "models"
    shipped.mkdir(parents=True)
    own.mkdir(parents=True)
    monkeypatch.setattr(registry, "GALLERY", tmp_path / "shipped")
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for path in (shipped / "wave.onnx", shipped / "olive.onnx", own / "olive.onnx", own / "mine.onnx"):
        make_model(path)
    (own / "damaged.onnx").write_bytes(b"not a model")
    (own / "notes.txt").write_text("not even called one")
    (own / "folder.onnx").mkdir()
    return tmp_path


def test_lists_names_paths_and_cards(home: Path) -> None:
    found = styles()
    assert [style.name for style in found] == ["damaged", "mine", "olive", "wave"]
    name, path, card, kind = found[3]
    assert (name, path, kind) == ("wave", home / "shipped" / "models" / "wave.onnx", "model")
    assert card is not None
    assert card.title == "A title"
    assert found[2].path.parent == own_folder()
    assert found[0].card is None
    assert impasto.styles() == found


def test_no_folder_is_no_style(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "GALLERY", tmp_path / "none")
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "nowhere"))
    assert styles() == []
    with pytest.raises(ArtifactError, match=r"no style 'wave'; none is installed; .*a painting works, too"):
        find_style("wave")


def test_a_name_is_a_file(home: Path) -> None:
    assert find_style("wave") == home / "shipped" / "models" / "wave.onnx"
    assert find_style("olive") == home / "home" / "models" / "olive.onnx"


def test_a_path_is_itself(home: Path) -> None:
    for path in ("wave.onnx", "WAVE.ONNX", "wave.brush", "a/b", Path("plain"), home / "x.onnx"):
        assert find_style(path) == Path(path)


def test_a_name_goes_before_a_file_without_a_suffix(home: Path) -> None:
    for name in ("wave", "other"):
        Path(name).write_bytes(b"")
    assert find_style("wave") == home / "shipped" / "models" / "wave.onnx"
    assert find_style("other") == Path("other")


def test_an_unknown_name_gets_the_close_one_and_all(home: Path) -> None:
    with pytest.raises(ArtifactError) as caught:
        find_style("wvae")
    assert str(caught.value) == (
        "there is no style 'wvae'; did you mean wave? installed are damaged, mine, olive, wave; "
        "the path of a model.onnx, a .brush or a painting works, too"
    )


@pytest.fixture
def brushes(home: Path) -> Path:
    """Beside the models, brushes: wave and night are shipped, and the user has a night of their own."""
    shipped, own = home / "shipped" / "brushes", home / "home" / "brushes"
    for folder, names in ((shipped, ("wave", "night")), (own, ("night", "wvae"))):
        folder.mkdir()
        for name in names:
            card = Card(kind="brush", name=name, title=f"{name} of {folder.parent.name}")
            brush = Brush(code=np.zeros(3, np.float32), card=card, base="0" * 64)
            brush.save(folder / f"{name}.brush")
    (own / "bad.brush").write_bytes(b"bad")
    (own / "not.onnx").write_bytes(b"in the folder of brushes")
    return own


def test_brushes_are_listed_beside_models(brushes: Path) -> None:
    found = [(style.name, style.kind) for style in styles()]
    assert found == [
        ("bad", "brush"), ("damaged", "model"), ("mine", "model"), ("night", "brush"), ("olive", "model"),
        ("wave", "model"), ("wave", "brush"), ("wvae", "brush"),
    ]  # fmt: skip
    cards = {style.name: style.card for style in styles() if style.kind == "brush"}
    assert cards["bad"] is None
    assert cards["night"] is not None
    assert cards["night"].title == "night of home"
    assert own_folder("brush") == brushes


def test_the_model_goes_first_unless_the_brush_is_wanted(home: Path, brushes: Path) -> None:
    shipped = home / "shipped"
    assert find_style("wave") == shipped / "models" / "wave.onnx"
    assert find_style("wave", first="brush") == shipped / "brushes" / "wave.brush"
    assert find_style("night") == brushes / "night.brush"
    assert find_style("mine", first="brush") == home / "home" / "models" / "mine.onnx"
    with pytest.raises(ArtifactError, match="did you mean wvae"):
        find_style("wva")


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {}, ".local/share"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data"),
        ("darwin", {}, "Library/Application Support"),
        ("win32", {}, "AppData/Local"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local"),
    ],
)
def test_the_users_folder_on_each_platform(
    platform: str, variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in ("IMPASTO_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert own_folder() == tmp_path / folder / "impasto" / "models"
