"""Stylizer and apply: settings, alpha, sizes, records, and many threads."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import impasto
from impasto import Stylizer
from impasto.errors import ArtifactError, ConfigError, ImageTooLargeError, ImageTooSmallError
from impasto.image import luminance, read_record, resize, resize_levels, write_image
from impasto.models import Card, painter
from impasto.models.config import ApplyConfig
from impasto.models.stylizer import painted_at

Make = Callable[..., Path]
Pixels = NDArray[np.float32]


@pytest.fixture
def invert(tmp_path: Path, make_model: Make) -> Path:
    return make_model(tmp_path / "invert.onnx")


def photo(height: int = 24, width: int = 32, seed: int = 0) -> Pixels:
    """Levels of 8 bits."""
    levels = np.random.default_rng(seed).integers(0, 256, (height, width, 3))
    return (levels / 255).astype(np.float32)


def test_pixels_in_pixels_out(invert: Path) -> None:
    stylize = Stylizer(invert)
    made = stylize(photo())
    assert made.shape == (24, 32, 3)
    assert made.dtype == np.float32
    assert made == pytest.approx(1 - photo(), abs=1e-6)
    assert (stylize.card.name, stylize.engine) == ("invert", "openvino")
    assert stylize.precision in ("f32", "bf16")


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_8_bit_and_float_models_give_the_same(
    dtype: str, engine: Any, tmp_path: Path, make_model: Make
) -> None:
    stylize = Stylizer(make_model(tmp_path / "a.onnx", dtype=dtype), engine=engine, threads=1)
    assert stylize(photo()) == pytest.approx(1 - photo(), abs=4e-3)
    levels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    frame = stylize.frame(levels)
    assert frame.dtype == np.uint8
    assert np.abs(frame.astype(int) - (255 - levels.astype(int))).max() <= 1


def test_apply_is_a_call(invert: Path) -> None:
    stylize = Stylizer(invert)
    assert np.array_equal(
        stylize.apply(photo(), strength=0.3, size=20), stylize(photo(), strength=0.3, size=20)
    )


def test_any_source(invert: Path, tmp_path: Path) -> None:
    stylize = Stylizer(str(invert))
    write_image(tmp_path / "a.png", photo())
    with Image.open(tmp_path / "a.png") as image:
        sources = (tmp_path / "a.png", str(tmp_path / "a.png"), image, np.asarray(image))
        for source in sources:
            assert stylize(source) == pytest.approx(1 - photo(), abs=1e-6)


def test_strength_blends(invert: Path) -> None:
    stylize = Stylizer(invert)
    source = photo()
    assert np.array_equal(stylize(source, strength=0), source)
    assert stylize(source, strength=1) == pytest.approx(1 - source, abs=1e-6)
    assert stylize(source, strength=0.25) == pytest.approx(source + 0.25 * (1 - 2 * source), abs=1e-6)


def test_alpha_stays(invert: Path) -> None:
    alpha = np.linspace(0, 1, 24 * 32, dtype=np.float32).reshape(24, 32, 1)
    source = np.concatenate([photo(), alpha], axis=2)
    made = Stylizer(invert)(source)
    assert made.shape == (24, 32, 4)
    assert np.array_equal(made[..., 3:], alpha)
    assert made[..., :3] == pytest.approx(1 - photo(), abs=1e-6)
    small = impasto.apply(source, invert, size=16)
    assert small.alpha is not None
    assert small.alpha.shape == (12, 16)
    assert small.to_pil().mode == "RGBA"


def test_size_is_the_longest_side(invert: Path) -> None:
    stylize = Stylizer(invert)
    assert stylize(photo(24, 48), size=96).shape == (48, 96, 3)
    assert stylize(photo(48, 24), size=16).shape == (16, 8, 3)


def test_keep_luminance_keeps_hues(invert: Path) -> None:
    source = 0.35 + 0.3 * photo()  # all colors stay in the gamut
    made = Stylizer(invert)(source, keep_color="luminance")
    plain = Stylizer(invert)(source)
    assert luminance(made) == pytest.approx(luminance(plain), abs=1e-5)
    assert made - luminance(made)[..., None] == pytest.approx(source - luminance(source)[..., None], abs=1e-5)


def test_keep_histogram_and_linear_recolor_the_result(invert: Path) -> None:
    source = photo() * np.array([0.9, 0.5, 0.2], np.float32)
    stylize = Stylizer(invert)
    same = stylize(source, keep_color="histogram")
    for channel in range(3):
        assert np.sort(same[..., channel].ravel()) == pytest.approx(
            np.sort(source[..., channel].ravel()), abs=0.02
        )
    assert not np.allclose(same, source, atol=0.1)
    linear = stylize(source, keep_color="linear")
    assert linear.mean((0, 1)) == pytest.approx(source.mean((0, 1)), abs=0.01)
    assert np.cov(linear.reshape(-1, 3).T) == pytest.approx(np.cov(source.reshape(-1, 3).T), abs=0.01)


@pytest.mark.parametrize("size", [(17, 31), (1, 1000), (1000, 1), (129, 72), (16, 1)])
def test_odd_sizes(size: tuple[int, int], tmp_path: Path, make_model: Make) -> None:
    made = Stylizer(make_model(tmp_path / "blur.onnx", net="blur"))(photo(*size))
    assert made.shape == (*size, 3)


@pytest.mark.parametrize(("size", "wanted"), [((1, 1), None), ((15, 15), None), ((100, 100), 15)])
def test_too_small_is_refused(size: tuple[int, int], wanted: int | None, invert: Path) -> None:
    with pytest.raises(ImageTooSmallError, match=r"must be at least 16"):
        Stylizer(invert)(photo(*size), size=wanted)


def test_too_large_is_refused_before_it_is_enlarged(invert: Path) -> None:
    with pytest.raises(ImageTooLargeError, match="1000 x 1000"):
        Stylizer(invert).stylize(photo(20, 20), ApplyConfig(size=1000), max_pixels=900_000)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"strength": -0.1}, "strength is -0.1; choose from 0"),
        ({"strength": 1.1}, "strength is 1.1"),
        ({"strength": float("nan")}, "strength is nan"),
        ({"strength": "1"}, "strength is '1'"),
        ({"stroke": 0.4}, "stroke is 0.4; choose from 0.5"),
        ({"stroke": 2.1}, "stroke is 2.1"),
        ({"stroke": float("nan")}, "stroke is nan"),
        ({"stroke": True}, "stroke is True"),
        ({"size": 0}, "size is 0"),
        ({"size": "512"}, "size is '512'"),
        ({"keep_color": "lum"}, "keep_color is 'lum'; choose none, luminance, histogram, linear"),
        ({"engine": "cuda"}, "engine is 'cuda'"),
    ],
)
def test_settings_are_checked(setting: dict[str, Any], said: str, invert: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        impasto.apply(photo(), invert, **setting)


def test_apply_says_how_it_was_made(invert: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "photo.png", photo())
    made = impasto.apply(tmp_path / "photo.png", invert, strength=0.5, engine="onnxruntime", threads=1)
    assert isinstance(made, impasto.Painting)
    made.save(tmp_path / "out.jpg")
    text = read_record(tmp_path / "out.jpg")
    assert text is not None
    record = json.loads(text)
    assert record == dict(made.record)
    assert record["verb"] == "apply"
    assert record["settings"] == {"strength": 0.5}
    assert record["content"]["name"] == "photo.png"  # without the folder
    assert (record["style"]["name"], record["style"]["file"]) == ("invert", "invert.onnx")
    assert len(record["style"]["sha256"]) == 64
    assert (record["engine"], record["precision"]) == ("onnxruntime", "f32")
    assert record["size"] == [24, 32]


@pytest.mark.parametrize(
    ("size", "stroke", "painted"),
    [
        ((300, 512), 1, (300, 512)),
        ((300, 512), 2, (150, 256)),
        ((300, 512), 0.5, (600, 1024)),
        ((40, 30), 1, (40, 30)),
        ((1024, 2048), 1, (512, 1024)),
        ((1024, 2048), 0.5, (1024, 2048)),
        ((1024, 2048), 2, (256, 512)),
        ((720, 1280), 1, (456, 810)),
        ((16, 20), 2, (13, 16)),  # no fewer than hold a stroke
        ((1, 16), 2, (1, 16)),
        ((2, 5000), 1, (1, 1600)),
    ],
)
def test_strokes_go_with_the_size_at_which_a_picture_is_painted(
    size: tuple[int, int], stroke: float, painted: tuple[int, int]
) -> None:
    assert painted_at(size, stroke) == painted


def test_broad_strokes_are_painted_small(invert: Path) -> None:
    stylize, source = Stylizer(invert), photo(60, 80)
    made = stylize.stylize(source, ApplyConfig(stroke=2))
    assert made.pixels == pytest.approx(resize(1 - resize(source, (30, 40)), (60, 80)), abs=5e-3)
    assert (made.record["size"], made.record["painted_at"]) == ([60, 80], [30, 40])
    assert made.record["settings"] == {"stroke": 2}
    finer = stylize.stylize(source, ApplyConfig(stroke=0.5, size=40))
    assert (finer.pixels.shape, finer.record["painted_at"]) == ((30, 40, 3), [60, 80])


def test_frames_have_the_strokes_of_pictures(invert: Path) -> None:
    stylize = Stylizer(invert)
    levels = np.random.default_rng(3).integers(0, 256, (60, 1024, 3), dtype=np.uint8)
    small = resize_levels(levels, (42, 724))
    assert stylize.frame(levels).flags.writeable, "whoever makes films may draw on them"
    assert np.abs(stylize.frame(levels).astype(int) - resize_levels(255 - small, (60, 1024))).max() <= 1
    assert np.abs(stylize.frame(levels, stroke=None).astype(int) - (255 - levels)).max() <= 1
    with pytest.raises(ConfigError, match="stroke is 3"):
        stylize.frame(levels, stroke=3)


def underpainted(path: Path, make_model: Make, share: float, **options: Any) -> Path:
    """A model that was trained for a broad painting below."""
    card = Card(name="under", recipe={"recipe": {"underpainting": share}})
    return make_model(path, card=card.to_metadata(), **options)


@pytest.fixture
def all_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing counts as a detail, whatever a photo has: what does, the tests beside torch say."""
    monkeypatch.setattr(painter, "DETAIL", 1e9)


@pytest.mark.usefixtures("all_alike")
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_broad_painting_lies_below(dtype: str, tmp_path: Path, make_model: Make) -> None:
    stylize = Stylizer(underpainted(tmp_path / "a.onnx", make_model, 0.25, dtype=dtype))
    source = photo(60, 390)
    broad = resize(1 - resize(source, (20, 130), soft=True), (60, 390), soft=True)
    wanted = 1 - (source + 0.25 * (broad - source))
    made = stylize.stylize(source)
    assert made.pixels == pytest.approx(wanted, abs=8e-3)
    assert (made.record["underpainting"], made.record["settings"]) == (0.25, {})
    levels = np.round(255 * source).astype(np.uint8)
    broad_levels = resize_levels(255 - resize_levels(levels, (20, 130), soft=True), (60, 390), soft=True)
    wanted_levels = 255 - (0.75 * levels + 0.25 * broad_levels)
    assert np.abs(stylize.frame(levels) - wanted_levels).max() <= 2

    plain = stylize.stylize(source, ApplyConfig(underpainting=0))
    assert plain.pixels == pytest.approx(1 - source, abs=4e-3)
    assert (plain.record["underpainting"], plain.record["settings"]) == (0, {"underpainting": 0})
    assert np.abs(stylize.frame(levels, underpainting=0).astype(int) - (255 - levels)).max() <= 1
    assert stylize(source, underpainting=1) == pytest.approx(1 - broad, abs=8e-3)
    with pytest.raises(ConfigError, match=r"underpainting is 1\.5"):
        stylize.frame(levels, underpainting=1.5)


@pytest.mark.usefixtures("all_alike")
def test_what_was_not_trained_for_a_broad_painting_has_none(invert: Path) -> None:
    stylize = Stylizer(invert)
    assert stylize.stylize(photo()).record["underpainting"] == 0
    source = photo(60, 390)
    whole = impasto.apply(source, invert, underpainting=1).pixels
    broad = resize(1 - resize(source, (20, 130), soft=True), (60, 390), soft=True)
    assert whole == pytest.approx(1 - broad, abs=8e-3)


@pytest.mark.usefixtures("all_alike")
def test_a_large_broad_painting_lies_over_a_broader_one(invert: Path) -> None:
    source = photo(10, 1458)  # is painted at 864 pixels, over one at 288, over half of one at 96
    canvas = resize(source, (6, 864))
    ground = resize(canvas, (2, 288), soft=True)
    broadest = resize(1 - resize(ground, (1, 96), soft=True), (2, 288), soft=True)
    broad: Pixels = 1 - (ground + np.float32(0.25) * (broadest - ground))
    wanted: Pixels = 1 - (canvas + resize(broad, (6, 864), soft=True)) / np.float32(2)
    made = Stylizer(invert).stylize(source, ApplyConfig(underpainting=0.5))
    assert made.record["painted_at"] == [6, 864]
    assert made.pixels == pytest.approx(resize(wanted, (10, 1458)), abs=0.012)


def test_a_large_picture_keeps_its_size_and_what_is_see_through(invert: Path) -> None:
    source = np.dstack([photo(400, 2048), np.linspace(0, 1, 2048 * 400).reshape(400, 2048)])
    made = Stylizer(invert).stylize(source.astype(np.float32))
    assert made.pixels.shape == (400, 2048, 3)
    assert made.record["painted_at"] == [200, 1024]
    assert made.alpha is not None
    assert np.array_equal(made.alpha, source[..., 3].astype(np.float32))


def test_the_record_says_in_which_arithmetic(invert: Path) -> None:
    stylize = Stylizer(invert, engine="openvino")
    assert stylize.stylize(photo(127, 129)).record["precision"] == "f32"
    assert stylize.stylize(photo(128, 128)).record["precision"] == stylize.precision


def test_one_stylizer_for_many_threads(tmp_path: Path, make_model: Make) -> None:
    stylize = Stylizer(make_model(tmp_path / "a.onnx"))
    photos = [photo(20 + seed % 3, 200, seed) for seed in range(40)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(stylize, photos))
    for source, made in zip(photos, results, strict=True):
        assert made == pytest.approx(1 - source, abs=1e-6)


def test_a_brush_is_no_model(tmp_path: Path, make_model: Make) -> None:
    card = Card(kind="brush", name="b").to_metadata()
    with pytest.raises(ArtifactError, match="is a brush, not a model"):
        Stylizer(make_model(tmp_path / "b.onnx", card=card))
