"""Bases: where they are found, what both of their graphs compute, and what is refused."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from impasto.errors import ArtifactError, ImageTooSmallError
from impasto.image import fit_size, resize
from impasto.models import Card, registry, with_openvino
from impasto.models.base import Base
from impasto.models.base_files import ENCODE, TRANSFORM
from impasto.models.brush import Brush
from impasto.models.contract import Port, check_contract
from impasto.models.engine import open_session
from impasto.models.files import read_artifact
from impasto.models.session import Fixed

Make = Callable[..., Path]
Floats = NDArray[np.float32]
ENGINES = ("openvino", "onnxruntime")
SIZES = ((17, 31), (40, 1), (128, 72), (181, 321))


def picture(height: int = 60, width: int = 80, seed: int = 0) -> Floats:
    """Soft stains."""
    coarse = np.random.default_rng(seed).random((5, 6, 3), dtype=np.float32)
    return resize(coarse, (height, width))


def levels(pixels: Floats) -> NDArray[np.uint8]:
    return np.rint(pixels * 255).astype(np.uint8)


def planes(pixels: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]


def nothing(base: Base) -> Brush:
    """A brush of too few numbers."""
    return Brush(code=np.zeros(3, np.float32), card=Card(kind="brush", name="b"), base=base.sha256)


def filtered(space: Any, brush: Brush, rank: int = 3) -> Brush:
    """A brush that also changes the filters of a network."""
    random = np.random.default_rng(7)

    def numbers(*shape: int) -> Floats:
        return (0.3 * random.standard_normal(shape)).astype(np.float32)

    shapes = space.transform.shapes
    pairs = tuple((numbers(out, rank), numbers(rank, before * 9)) for out, before, _, _ in shapes)
    return Brush(code=brush.code, filters=pairs, card=brush.card, base=brush.base)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("low_rank", [False, True])
def test_engines_compute_what_torch_does(
    low_rank: bool, size: tuple[int, int], engine: Any, spaces: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(with_openvino, "pick_precision", lambda: "f32")
    space, folder = spaces[0]
    base = Base(folder)
    brush = Brush.from_painting(picture(seed=1), base=base, engine="onnxruntime", threads=1)
    brush = filtered(space, brush) if low_rank else brush
    photo = levels(picture(*size, seed=2))
    # 3 threads: a session of its own, whose arithmetic is not what another test has chosen
    made = base.open(brush, engine=engine, threads=3).run(photo)
    code = torch.from_numpy(brush.code)
    delta = torch.from_numpy(brush.delta(space.transform.delta_size))
    with torch.inference_mode():
        wanted = space.transform(planes(photo), code, delta)[0].permute(1, 2, 0).numpy() * 255
    assert made.shape == photo.shape
    assert np.abs(made - wanted).max() <= 2
    assert min(size) == 1 or wanted.std() > 10, "a picture"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", [(60, 80), (300, 200), (256, 16), (31, 17)])
def test_the_code_is_what_torch_tells(engine: Any, size: tuple[int, int], spaces: Any) -> None:
    space, folder = spaces[0]
    painting = picture(*size)
    made = Base(folder).encode(painting, (0.5, 1, 1.4), engine=engine, threads=1)
    seen = planes(levels(resize(painting, fit_size(size, 256))))
    with torch.inference_mode():
        octaves = torch.tensor([0.5, 1, 1.4]).log2()
        wanted = torch.cat([space.encode(seen, octave[None]) for octave in octaves]).numpy()
    assert made.shape == wanted.shape
    assert np.abs(made - wanted).max() <= 1e-4 * np.abs(wanted).max()
    assert made.dtype == np.float32


def test_a_brush_of_a_painting(spaces: Any, tmp_path: Path) -> None:
    from impasto.image import write_image

    base = Base(spaces[0][1])
    write_image(tmp_path / "night.png", picture())
    made = Brush.from_painting(tmp_path / "night.png", base=base)
    codes = base.encode(levels(picture()).astype(np.float32) / np.float32(255), (0.5, 1, 2))
    assert made.code == pytest.approx(codes[1], abs=1e-5)
    assert not np.allclose(codes[0], codes[2], atol=0.01)
    assert (made.card.kind, made.card.name, made.base) == ("brush", "night", base.sha256)
    assert made.card.recipe["painting"]["name"] == "night.png"
    assert made.filters == ()
    made.save(tmp_path / "night.brush")
    back = Brush.load(tmp_path / "night.brush")
    assert np.array_equal(back.code, made.code)
    assert Brush.from_painting(picture(), base=str(base.folder), name="mine").card.name == "mine"


@pytest.mark.parametrize("size", [(100, 2000), (15, 256), (1, 1000)])
def test_a_narrow_painting_is_refused(size: tuple[int, int], tiny_base: Path) -> None:
    with pytest.raises(ImageTooSmallError, match="both sides must be at least 16") as caught:
        Brush.from_painting(picture(*size), base=tiny_base)
    assert f"{size[1]} x {size[0]} pixels" in str(caught.value)


def test_where_a_base_is(
    tmp_path: Path, tiny_base: Path, other_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "GALLERY", tmp_path / "gallery")
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "home"))
    with pytest.raises(ArtifactError, match="no base is installed") as caught:
        Base()
    for named in (str(tmp_path / "home" / "base"), "--base", "impasto train base"):
        assert named in str(caught.value)
    shutil.copytree(tiny_base, tmp_path / "gallery" / "base")
    assert Base().folder == tmp_path / "gallery" / "base"
    shutil.copytree(other_base, tmp_path / "home" / "base")
    assert Base().folder == tmp_path / "home" / "base"
    assert Base(tiny_base).sha256 == read_artifact(tiny_base / TRANSFORM).sha256 != Base().sha256


def test_what_is_no_base(tmp_path: Path, tiny_base: Path) -> None:
    with pytest.raises(ArtifactError, match=r"none is not a folder; give the folder of a base"):
        Base(tmp_path / "none")
    with pytest.raises(ArtifactError, match=r"transform\.onnx does not exist; give the folder of a base"):
        Base(tmp_path)
    shutil.copy(tiny_base / TRANSFORM, tmp_path)
    with pytest.raises(ArtifactError, match=r"encode\.onnx does not exist; give the folder of a base"):
        Brush.from_painting(picture(), base=tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
def test_graphs_that_are_others_than_agreed(
    engine: Any, tmp_path: Path, tiny_base: Path, make_model: Make
) -> None:
    shutil.copy(tiny_base / TRANSFORM, tmp_path / ENCODE)
    shutil.copy(tiny_base / ENCODE, tmp_path / TRANSFORM)
    base = Base(tmp_path)
    with pytest.raises(ArtifactError, match="this graph of a base takes `image` and any number of `stroke`"):
        base.encode(picture(), engine=engine)
    brush = nothing(base)
    with pytest.raises(ArtifactError, match="this graph of a base takes `image`, `code` and `delta`"):
        base.open(brush, engine=engine)
    for name in (TRANSFORM, ENCODE):
        with pytest.raises(ArtifactError, match="a model has one input"):
            open_session(read_artifact(tmp_path / name), engine=engine)
    with pytest.raises(ArtifactError, match="this graph of a base"):
        open_session(read_artifact(make_model(tmp_path / "a.onnx")), engine=engine, role="encode")


def test_an_encoder_takes_any_number_of_strokes_and_no_other_vector_is_free() -> None:
    image = Port("image", "uint8", (1, None, None, 3))
    code, picture = Port("code", "float32", (None, 9)), Port("stylized", "uint8", (1, None, None, 3))
    check_contract("e", "encode", [image, Port("stroke", "float32", (None,))], [code])
    with pytest.raises(ArtifactError, match="any number of `stroke`"):
        check_contract("e", "encode", [image, Port("stroke", "float32", (1,))], [code])
    free = [Port(name, "float32", (None,)) for name in ("code", "delta")]
    with pytest.raises(ArtifactError, match="`code` and `delta`"):
        check_contract("t", "transform", [image, *free], [picture])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_graph_is_no_model_even_where_it_is_ready(engine: Any, tiny_base: Path) -> None:
    Base(tiny_base).encode(picture(), engine=engine)
    with pytest.raises(ArtifactError, match="a model has one input"):
        open_session(read_artifact(tiny_base / ENCODE), engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_damaged_graphs_are_one_line(engine: Any, tmp_path: Path, tiny_base: Path) -> None:
    for name in (TRANSFORM, ENCODE):
        (tmp_path / name).write_bytes((tiny_base / name).read_bytes()[:2000])
    base = Base(tmp_path)
    brush = nothing(base)
    for call in (lambda: base.encode(picture(), engine=engine), lambda: base.open(brush, engine=engine)):
        with pytest.raises(ArtifactError, match="is not an ONNX model, or is damaged") as caught:
            call()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_brush_of_other_sizes_is_refused(engine: Any, tiny_base: Path) -> None:
    base = Base(tiny_base)
    brush = Brush.from_painting(picture(), base=base)
    cut = Brush(code=brush.code[:-1], card=brush.card, base=brush.base)
    with pytest.raises(ArtifactError, match=r"has a code of \d+ numbers, and the base takes \d+"):
        base.open(cut, engine=engine)
    pair = np.zeros((4, 1), np.float32), np.zeros((1, 9), np.float32)
    odd = Brush(code=brush.code, filters=(pair,), card=brush.card, base=brush.base)
    with pytest.raises(ArtifactError, match="changes 36 weights, and the base has"):
        base.open(odd, engine=engine)


def test_sessions_are_kept_by_what_they_compute(tiny_base: Path, spaces: Any) -> None:
    base = Base(tiny_base)
    brush = Brush.from_painting(picture(), base=base)
    renamed = replace(brush, card=Card(kind="brush", name="other"))
    for engine in ENGINES:
        session = base.open(brush, engine=engine)  # type: ignore[arg-type]
        assert base.open(renamed, engine=engine) is session  # type: ignore[arg-type]
        other = replace(brush, code=2 * brush.code)
        assert base.open(other, engine=engine) is not session  # type: ignore[arg-type]
        assert base.open(filtered(spaces[0][0], brush), engine=engine) is not session  # type: ignore[arg-type]
    encoder: Any = open_session(read_artifact(tiny_base / ENCODE), role="encode")
    assert encoder.precision == "f32"


def test_what_is_fixed_is_folded(tiny_base: Path) -> None:
    """Of the graph that OpenVINO compiles, only the picture is left to give."""
    base = Base(tiny_base)
    brush = Brush.from_painting(picture(), base=base)
    session: Any = base.open(brush, engine="openvino")
    assert [port.any_name for port in session._graph.inputs] == ["image"]
    given = Fixed("given", lambda sizes: {name: np.zeros(size, np.float32) for name, size in sizes.items()})
    file = read_artifact(tiny_base / TRANSFORM)
    made = [
        open_session(file, engine=engine, role="transform", fixed=given).run(levels(picture()))  # type: ignore[arg-type]
        for engine in ENGINES
    ]
    assert np.abs(made[0].astype(int) - made[1]).max() <= 1


def test_a_brush_of_another_base_is_refused(
    tmp_path: Path, tiny_base: Path, other_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "GALLERY", tmp_path)
    brush = Brush.from_painting(picture(), base=other_base, name="wave")
    one, other = Base(tiny_base), Base(other_base)
    with pytest.raises(ArtifactError) as caught:
        one.open(brush)
    assert str(caught.value) == (
        f"wave was made for the base {other.sha256[:12]}, and this is {one.sha256[:12]} (tiny-0), in "
        f"{tiny_base}; give the folder of the other with --base, or make the brush again"
    )
    shutil.copytree(other_base, tmp_path / "base")
    with pytest.raises(ArtifactError, match=rf"for the base {other.sha256[:12]} \(tiny-1\), and this is"):
        one.check(brush)
