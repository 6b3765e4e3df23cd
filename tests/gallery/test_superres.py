"""What ships to make pictures larger: sizes, cards, and that it beats bicubic at what it is for."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import openvino
import pytest

from impasto import Upscaler
from impasto.image import cubic_resize, read_image
from impasto.models.registry import GALLERY, find_upscaler
from impasto.studio.encoders import load_encoder
from impasto.studio.metrics.superres import Score, score_superres

SHIPPED = GALLERY / "superres"
NAMES = ("x2-pixel", "x4-feature", "x4-pixel", "x8-pixel")


def cat() -> Path:
    """A photo that none was trained on."""
    found = find_spec("skimage")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0], "data", "chelsea.png")


@cache
def scores(name: str) -> dict[str, Score]:
    """Of that photo, made smaller by the factor."""
    (scored,) = score_superres(
        Upscaler(SHIPPED / f"{name}.onnx", threads=1), [cat()], load_encoder("vgg19-original")
    )
    return dict(scored.scores)


def in_bf16(name: str) -> openvino.CompiledModel:
    settings = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(str(SHIPPED / f"{name}.onnx"), "CPU", settings)
    if compiled.get_property("INFERENCE_PRECISION_HINT") != openvino.Type.bf16:
        pytest.skip("this processor computes no bf16, not even slowly")
    return compiled


def slopes(name: str) -> float:
    """How much neighbors in a row differ in that photo, made large again, in levels."""
    small = cubic_resize(read_image(cat()).pixels[:300, :448], (75, 112)).clip(0, 1)
    made = Upscaler(SHIPPED / f"{name}.onnx", threads=1).frame(np.rint(255 * small).astype(np.uint8))
    return float(np.abs(np.diff(made.astype(float), axis=1)).mean())


def test_all_that_is_shipped_is_tested() -> None:
    assert tuple(sorted(path.stem for path in SHIPPED.iterdir())) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small_and_says_what_it_is(name: str) -> None:
    path = SHIPPED / f"{name}.onnx"
    assert path.stat().st_size < 2_000_000
    card = Upscaler(path, threads=1).card
    assert (card.kind, card.name, card.factor, card.license) == ("superres", name, int(name[1]), "MIT")
    assert card.trained_on
    assert "stopped_after" not in card.recipe


def test_it_is_what_is_taken_unasked() -> None:
    assert find_upscaler(None, None).stem == find_upscaler("pixel", 4).stem == "x4-pixel"
    assert find_upscaler("feature", 4).stem == "x4-feature"
    assert find_upscaler(None, 2).stem == find_upscaler("pixel", 2).stem == "x2-pixel"
    assert find_upscaler(None, 8).stem == find_upscaler("pixel", 8).stem == "x8-pixel"


def test_pixel_is_closer_to_the_photo_than_bicubic() -> None:
    found = scores("x4-pixel")
    assert found["model"].psnr > found["bicubic"].psnr + 0.5
    assert found["model"].ssim > found["bicubic"].ssim + 0.01
    assert found["model"].distance < 0.9 * found["bicubic"].distance


def test_feature_is_closer_than_pixel_as_vgg_sees_it_and_sharper() -> None:
    found, pixel = scores("x4-feature"), scores("x4-pixel")
    assert found["model"].distance < pixel["model"].distance < pixel["bicubic"].distance
    assert found["model"].psnr > found["bicubic"].psnr
    assert slopes("x4-feature") > 1.05 * slopes("x4-pixel")


@pytest.mark.parametrize("name", NAMES)
def test_bf16_keeps_the_levels_and_has_no_seams(name: str) -> None:
    compiled, levels = in_bf16(name), read_image(cat()).pixels[:192, :256]
    photo = np.rint(255 * levels).astype(np.uint8)
    exact = Upscaler(SHIPPED / f"{name}.onnx", engine="onnxruntime", threads=1).frame(photo).astype(int)
    rough = compiled({"image": photo[np.newaxis]})[0][0]
    assert np.abs(rough - exact).max() <= 2
    assert 10 * np.log10(255**2 / np.square(rough - exact).mean()) >= 60
    upscale = Upscaler(SHIPPED / f"{name}.onnx", engine="openvino", threads=1)
    whole, tiled = upscale.frame(photo), upscale.frame(photo, area=140 * 140)
    assert np.abs(tiled.astype(int) - whole).max() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_even_stays_even_to_the_border(name: str) -> None:
    """Nothing around a picture is seen, and no block of pixels has a pattern of its own."""
    model = Upscaler(SHIPPED / f"{name}.onnx", threads=1)
    for level in (30, 200):
        made = model.frame(np.full((20, 24, 3), level, np.uint8))
        assert made.max() - made.min() <= 1
        assert abs(int(made.mean()) - level) <= 2


def test_twice_as_large_is_closer_than_bicubic() -> None:
    found = scores("x2-pixel")
    assert found["model"].psnr > found["bicubic"].psnr + 1
    assert found["model"].distance < 0.9 * found["bicubic"].distance


def test_eight_times_as_large_is_closer_than_bicubic() -> None:
    found = scores("x8-pixel")
    assert found["model"].distance < 0.95 * found["bicubic"].distance
    assert found["model"].psnr > found["bicubic"].psnr
