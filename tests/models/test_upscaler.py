"""Upscaler and upscale: tiles without seams, any size, alpha, records, and what is refused."""

import json
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import impasto
from impasto import Stylizer, Upscaled, Upscaler
from impasto.errors import ArtifactError, ConfigError, ImageReadError, ImageTooLargeError, ImageTooSmallError
from impasto.image import read_record, tiles, write_image
from impasto.models import registry, upscaler, with_openvino

Make = Callable[..., Path]
Levels = NDArray[np.uint8]


def levels(height: int = 24, width: int = 32, seed: int = 0) -> Levels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def repeated(image: Levels, factor: int) -> Levels:
    return image.repeat(factor, 0).repeat(factor, 1)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gallery of its own, with no upscaler yet."""
    folder = tmp_path / "gallery" / "superres"
    folder.mkdir(parents=True)
    monkeypatch.setattr(registry, "GALLERY", tmp_path / "gallery")
    return folder


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("factor", [2, 4, 8])
def test_levels_in_larger_levels_out(factor: int, engine: Any, tmp_path: Path, make_upscaler: Make) -> None:
    path = make_upscaler(tmp_path / "a.onnx", factor=factor, net="repeat")
    upscale = Upscaler(path, engine=engine, threads=1)
    assert (upscale.factor, upscale.engine, upscale.card.name) == (factor, engine, "a")
    assert np.array_equal(upscale(levels()), repeated(levels(), factor))


@pytest.mark.parametrize(
    ("recipe", "precision"), [({}, "f32"), ({"base": "none"}, "f32"), ({"base": "bicubic"}, "bf16")]
)
def test_bf16_where_only_details_are_computed_in_it(
    recipe: dict[str, Any],
    precision: str,
    tmp_path: Path,
    make_upscaler: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And none in small pictures."""
    monkeypatch.setattr(with_openvino, "pick_precision", lambda: "bf16")
    upscale = Upscaler(make_upscaler(tmp_path / "a.onnx", **recipe), engine="openvino", threads=1)
    made = [upscale.upscale(levels(*size)).record["precision"] for size in ((127, 129), (128, 128))]
    assert made == ["f32", precision]


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("area", [1, 50, 100, 400])
def test_all_tileshave_no_seam(area: int, engine: Any, tmp_path: Path, make_upscaler: Make) -> None:
    upscale = Upscaler(make_upscaler(tmp_path / "a.onnx", reach=1), engine=engine, threads=1)
    image = levels(37, 53)
    whole = upscale.frame(image)
    assert np.abs(upscale.frame(image, area=area).astype(int) - whole).max() <= 1


@pytest.mark.parametrize("area", [100, 400, None])
def test_each_tile_is_told_of_once(area: int | None, tmp_path: Path, make_upscaler: Make) -> None:
    upscale = Upscaler(make_upscaler(tmp_path / "a.onnx", reach=1), threads=1)
    image, told = levels(37, 53), []
    made = upscale.frame(image, area=area, on_tile=lambda done, all_tiles: told.append((done, all_tiles)))
    expected = 1 if area is None else len(list(tiles((37, 53), area, 1)))
    assert told == [(done, expected) for done in range(1, expected + 1)]
    assert (expected > 1) == (area is not None)
    assert np.array_equal(made, upscale.frame(image, area=area))


def test_all_tilesof_a_photo_are_told_of(tmp_path: Path, make_upscaler: Make) -> None:
    path = make_upscaler(tmp_path / "a.onnx", reach=1, width=upscaler.NUMBERS // 400)
    told: list[tuple[int, int]] = []
    made = impasto.upscale(
        levels(37, 53), model=path, on_tile=lambda done, all_tiles: told.append((done, all_tiles))
    )
    assert len(told) > 1
    assert told == [(done, len(told)) for done in range(1, len(told) + 1)]
    assert np.array_equal(made.levels, impasto.upscale(levels(37, 53), model=path).levels)


def test_a_model_that_sees_further_than_it_says_has_seams(tmp_path: Path, make_upscaler: Make) -> None:
    """So that the test above could fail: what is read around a tile is needed."""
    upscale = Upscaler(make_upscaler(tmp_path / "a.onnx", reach=1), threads=1)
    image = levels(37, 53)
    tiled = np.empty((148, 212, 3), np.uint8)
    for top in range(0, 37, 10):
        tiled[4 * top : 4 * top + 40] = upscale.frame(image[top : top + 10])
    assert np.abs(tiled.astype(int) - upscale.frame(image)).max() > 1


def test_all_tilesare_as_large_as_the_network_allows(tmp_path: Path, make_upscaler: Make) -> None:
    recipes: list[dict[str, Any]] = [{"width": 48}, {"width": 1024}, {}, {"width": "many", "reach": -3}]
    areas = [
        Upscaler(make_upscaler(tmp_path / f"{index}.onnx", **recipe))._area
        for index, recipe in enumerate(recipes)
    ]
    assert areas == [2**18, 2**14, 2**14, 2**14]
    assert Upscaler(tmp_path / "3.onnx").reach == upscaler.REACH


def test_no_floats_of_the_large_picture_are_held(tmp_path: Path, make_upscaler: Make) -> None:
    """Of a photo there are floats for a while; they are gone when the result is made, of 12 MiB here."""
    upscale = Upscaler(make_upscaler(tmp_path / "a.onnx", net="repeat", reach=1, width=2048))
    photo = levels(512, 512)
    upscale.upscale(photo[:64])
    tracemalloc.start()
    try:
        made = upscale.upscale(photo)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert made.levels.nbytes == 12 * 2**20
    assert peak < 14.5 * 2**20


@pytest.mark.parametrize("size", [(4, 4), (4, 1000), (1000, 5), (17, 31)])
def test_any_size(size: tuple[int, int], tmp_path: Path, make_upscaler: Make) -> None:
    made = Upscaler(make_upscaler(tmp_path / "a.onnx", net="repeat"))(levels(*size))
    assert np.array_equal(made, repeated(levels(*size), 4))


def test_alpha_is_made_larger_too(tmp_path: Path, make_upscaler: Make) -> None:
    alpha = np.full((24, 32, 1), 128, np.uint8)
    alpha[:12] = 0
    upscale = Upscaler(make_upscaler(tmp_path / "a.onnx", factor=2, net="repeat"))
    made = upscale(np.concatenate([levels(), alpha], axis=2))
    assert made.shape == (48, 64, 4)
    assert np.array_equal(made[..., :3], repeated(levels(), 2))
    assert set(made[:20, :, 3].ravel()) == {0}
    assert set(made[28:, :, 3].ravel()) == {128}


def test_it_says_how_it_was_made(tmp_path: Path, make_upscaler: Make) -> None:
    write_image(tmp_path / "photo.png", (levels() / 255).astype(np.float32))
    path = make_upscaler(tmp_path / "a.onnx")
    made = impasto.upscale(tmp_path / "photo.png", factor=4, model=path, engine="onnxruntime", threads=1)
    assert isinstance(made, Upscaled)
    made.save(tmp_path / "out.png")
    text = read_record(tmp_path / "out.png")
    assert text is not None
    record = json.loads(text)
    assert record == dict(made.record)
    assert (record["verb"], record["factor"], record["size"]) == ("upscale", 4, [96, 128])
    assert record["content"]["name"] == "photo.png"  # without the folder
    assert (record["model"]["name"], record["model"]["file"]) == ("a", "a.onnx")
    assert (record["engine"], record["precision"]) == ("onnxruntime", "f32")


def test_one_upscaler_for_many_threads(tmp_path: Path, make_upscaler: Make) -> None:
    upscale = Upscaler(make_upscaler(tmp_path / "a.onnx", net="repeat"))
    photos = [levels(20 + seed % 3, 100, seed) for seed in range(20)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(upscale, photos))
    for photo, made in zip(photos, results, strict=True):
        assert np.array_equal(made, repeated(photo, 4))


def test_models_are_found_by_factor_name_and_manner(shipped: Path, make_upscaler: Make) -> None:
    for name in ("x4-feature", "x4-pixel", "x8-feature", "x2-best"):
        make_upscaler(shipped / f"{name}.onnx", factor=int(name[1]))
    found: dict[tuple[str | None, int | None], str] = {
        (None, None): "x4-pixel", (None, 4): "x4-pixel", (None, 8): "x8-feature", (None, 2): "x2-best",
        ("feature", None): "x4-feature", ("feature", 8): "x8-feature", ("x2-best", None): "x2-best",
    }  # fmt: skip
    for (model, factor), name in found.items():
        assert Upscaler(model, factor=factor).card.name == name
    with pytest.raises(ArtifactError, match=r"no model 'pixel' for the factor 8; installed are x2-best, x4-"):
        Upscaler("pixel", factor=8)
    with pytest.raises(
        ArtifactError, match=r"x8-feature\.onnx makes pictures 8 times as large, and the factor"
    ):
        Upscaler("x8-feature", factor=2)


def test_a_users_own_model_hides_a_shipped_one(shipped: Path, own_home: Path, make_upscaler: Make) -> None:
    make_upscaler(shipped / "x4-pixel.onnx")
    own = own_home / "superres"
    own.mkdir()
    try:
        path = make_upscaler(own / "x4-pixel.onnx", net="repeat")
        assert registry.find_upscaler(None, 4) == path
    finally:
        (own / "x4-pixel.onnx").unlink()
        own.rmdir()


def test_without_a_model_it_says_how_to_get_one(shipped: Path) -> None:
    with pytest.raises(ArtifactError, match=r"none is installed for any factor.* superres --factor 8`$"):
        impasto.upscale(levels(), factor=8)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"factor": 3}, ConfigError, "factor is 3; choose 2, 4, 8"),
        ({"factor": "4"}, ConfigError, "factor is '4'"),
        ({"engine": "cuda"}, ConfigError, "engine is 'cuda'"),
        ({"threads": 0}, ConfigError, "threads is 0"),
        ({"factor": 2}, ArtifactError, "makes pictures 4 times as large, and the factor asked for is 2"),
        (
            {"photo": levels(3, 40)},
            ImageTooSmallError,
            "only 40 x 3 pixels; both sides must be at least 4: give a larger",
        ),
        ({"max_pixels": 12_287}, ImageTooLargeError, "would become 128 x 96 = 12,288 pixels"),
        ({"photo": "none.png"}, ImageReadError, "'none.png' does not exist"),
    ],
)
def test_what_is_refused(
    options: dict[str, Any], error: type[Exception], said: str, tmp_path: Path, make_upscaler: Make
) -> None:
    path = make_upscaler(tmp_path / "a.onnx")
    with pytest.raises(error, match=said):
        impasto.upscale(**{"photo": levels(), "model": path, **options})


def test_a_style_is_no_upscaler_nor_the_other_way_about(
    tmp_path: Path, make_model: Make, make_upscaler: Make
) -> None:
    with pytest.raises(ArtifactError, match=r"is a model, which makes no .*train superres` wrote$"):
        Upscaler(make_model(tmp_path / "style.onnx"))
    with pytest.raises(ArtifactError, match="knows no style; use `impasto upscale`"):
        Stylizer(make_upscaler(tmp_path / "large.onnx"))


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_a_model_that_keeps_not_to_its_factor_says_so(
    engine: Any, tmp_path: Path, make_upscaler: Make
) -> None:
    path = make_upscaler(tmp_path / "wrong.onnx", net="wrong")
    with pytest.raises(ArtifactError, match=r"fails on 32 x 24 pixels \(it made \(1, 120, 160, 3\)\)"):
        Upscaler(path, engine=engine)(levels())
