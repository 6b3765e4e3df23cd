"""What ships to make pictures larger: sizes, cards, and that it beats bicubic at what it is for."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from impasto import Upscaler
from impasto.models.registry import GALLERY, find_upscaler
from impasto.studio.encoders import load_encoder
from impasto.studio.metrics.superres import Score, score_superres

SHIPPED = GALLERY / "superres"
NAMES = ("x4-pixel", "x8-feature")


@cache
def scores(name: str) -> dict[str, Score]:
    """Of a photo that none was trained on, made smaller by the factor."""
    found = find_spec("skimage")
    assert found is not None
    assert found.submodule_search_locations
    photo = Path(found.submodule_search_locations[0], "data", "chelsea.png")
    (scored,) = score_superres(
        Upscaler(SHIPPED / f"{name}.onnx", threads=1), [photo], load_encoder("vgg19-original")
    )
    return dict(scored.scores)


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
    assert find_upscaler(None, 8).stem == find_upscaler("feature", 8).stem == "x8-feature"


def test_pixel_is_closer_to_the_photo_than_bicubic() -> None:
    found = scores("x4-pixel")
    assert found["model"].psnr > found["bicubic"].psnr + 0.5
    assert found["model"].ssim > found["bicubic"].ssim + 0.01
    assert found["model"].distance < 0.9 * found["bicubic"].distance


def test_eight_times_as_large_is_closer_than_bicubic() -> None:
    found = scores("x8-feature")
    assert found["model"].distance < 0.95 * found["bicubic"].distance
    assert found["model"].psnr > found["bicubic"].psnr
