"""What is refused before an engine sees it, and cards read from files."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from impasto.errors import ArtifactError
from impasto.models import Card
from impasto.models.engine import open_session
from impasto.models.files import read_artifact, read_card

Make = Callable[..., Path]
ENGINES = ("openvino", "onnxruntime")


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.path, "sprung")


def damage(tmp_path: Path, make_model: Make) -> dict[str, tuple[Path, str]]:
    """Files that are no models, each with what is said of it."""
    good = make_model(tmp_path / "good.onnx").read_bytes()
    contents = {
        "text": (b"hello, this is not a model", "not an ONNX model"),
        "picture": (b"\x89PNG\r\n\x1a\n" + bytes(30), "not an ONNX model"),
        "half": (good[: len(good) // 2], "not an ONNX model"),
        "short": (good[:-3], "not an ONNX model"),
        "empty": (b"", "is empty"),
        "pickle": (pickle.dumps(Trap(tmp_path / "sprung")), "never loaded"),
        "zip": (b"PK\x03\x04" + bytes(30), "never loaded"),
    }
    files = {}
    for name, (data, said) in contents.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(data)
        files[name] = (path, said)
    (tmp_path / "folder.onnx").mkdir()
    foreign = make_model(tmp_path / "foreign.onnx", card={"producer": "somebody"})
    broken = make_model(tmp_path / "broken.onnx", card={"impasto.card": "{"})
    return {
        **files,
        "folder": (tmp_path / "folder.onnx", "not a file"),
        "missing": (tmp_path / "missing.onnx", "does not exist"),
        "nul": (tmp_path / "a\0b.onnx", "cannot be read"),
        "foreign": (foreign, "no card of impasto"),
        "broken": (broken, "card is damaged"),
    }


KINDS = ("text", "picture", "half", "short", "empty", "pickle", "zip", "folder", "missing", "nul", "foreign",
         "broken")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_and_foreign_files_are_one_line(kind: str, tmp_path: Path, make_model: Make) -> None:
    path, said = damage(tmp_path, make_model)[kind]
    calls: list[Callable[[], object]] = [lambda: read_card(path)]
    calls += [lambda e=e: open_session(read_artifact(path), engine=e) for e in ENGINES]  # type: ignore[misc]
    for call in calls:
        with pytest.raises(ArtifactError, match=said) as caught:
            call()
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)
        assert len(str(caught.value)) < 400 + len(str(path))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "change",
    [
        {"net": "second"},
        {"dtype": "int32"},
        {"sides": (64, 64)},
        {"names": ("picture", "stylized")},
        {"names": ("image", "result")},
    ],
    ids=str,
)
def test_other_inputs_and_outputs_are_refused(
    engine: Any, change: dict[str, Any], tmp_path: Path, make_model: Make
) -> None:
    file = read_artifact(make_model(tmp_path / "other.onnx", **change))
    with pytest.raises(ArtifactError, match=r"takes and gives .* one input `image`"):
        open_session(file, engine=engine)


def test_an_unknown_operator_is_refused(tmp_path: Path, make_model: Make) -> None:
    path = make_model(tmp_path / "odd.onnx")
    path.write_bytes(path.read_bytes().replace(b"Round", b"Bound"))
    for engine in ENGINES:
        with pytest.raises(ArtifactError, match="not an ONNX model, or is damaged"):
            open_session(read_artifact(path), engine=engine)  # type: ignore[arg-type]


def test_the_same_bytes_are_the_same_artifact(tmp_path: Path, make_model: Make) -> None:
    one = read_artifact(make_model(tmp_path / "one.onnx"))
    (tmp_path / "two.onnx").write_bytes(one.data)
    two = read_artifact(str(tmp_path / "two.onnx"))
    assert one.sha256 == two.sha256
    assert (one.name, two.name) == (str(tmp_path / "one.onnx"), str(tmp_path / "two.onnx"))


def test_a_brush_has_a_card_too(tmp_path: Path) -> None:
    card = Card(kind="brush", name="olive")
    path = tmp_path / "olive.brush"
    save_file({"code": np.zeros(4, np.float32)}, path, metadata=card.to_metadata())
    assert read_card(path) == card
    save_file({"code": np.zeros(4, np.float32)}, path)
    with pytest.raises(ArtifactError, match="no card"):
        read_card(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ArtifactError, match="not a safetensors file, or is damaged"):
        read_card(path)
