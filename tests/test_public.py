"""The public face: what `import impasto` offers, and what it does not load."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import impasto
from impasto import errors


def test_importing_impasto_loads_neither_torch_nor_numpy() -> None:
    code = """
import sys, impasto
heavy = ("torch", "numpy", "PIL", "cyclopts", "rich", "impasto.studio", "impasto.models", "openvino")
print([name for name in heavy if name in sys.modules])
impasto.PaintConfig, impasto.RECIPES, impasto.Progress, impasto.ArtifactError
print([name for name in ("torch", "numpy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n[]\n"


@pytest.mark.parametrize("name", impasto.__all__)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(impasto, name)
    assert name in dir(impasto)
    if callable(value):
        assert value.__doc__


def test_every_error_is_public() -> None:
    tree = [errors.ImpastoError]
    for error in tree:
        tree.extend(error.__subclasses__())
    assert {error.__name__ for error in tree} <= set(impasto.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="stylise"):
        impasto.stylise  # noqa: B018


def test_missing_torch_is_named() -> None:
    code = """
import sys
from pathlib import Path
sys.modules["torch"] = None
import impasto
try:
    impasto.paint("a.png", "b.png")
except impasto.MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'impasto[studio]'" in done.stdout


def pictures() -> tuple[NDArray[np.float32], Image.Image]:
    random = np.random.default_rng(1)
    return random.random((30, 36, 3)).astype(np.float32), Image.fromarray(
        random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    )


CONFIG = impasto.PaintConfig(weights="tiny", size=32, iterations=2, preview_every=2)


def test_brushes_need_no_torch() -> None:
    code = """
import sys, impasto
impasto.Brush.blend, impasto.Stylizer, impasto.styles()
print([name for name in ("torch", "onnx", "impasto.studio") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_paint_takes_arrays_and_pil_images_and_gives_a_painting() -> None:
    content, style = pictures()
    one = impasto.paint(content, style, CONFIG)
    assert isinstance(one, impasto.Painting)
    assert one.size == (27, 32)
    assert one.pixels.shape == (27, 32, 3)
    assert one.alpha is None
    assert one.seconds > 0
    assert one.record["settings"]["iterations"] == 2
    several = impasto.paint(content, [style, content], CONFIG)
    assert not np.array_equal(one.pixels, several.pixels)


def test_paint_without_content_is_a_texture() -> None:
    made = impasto.paint(None, pictures()[1], CONFIG)
    assert made.size == (32, 32)
    assert made.record["content"] is None


def test_paint_events_yields_progress_preview_and_done() -> None:
    events = list(impasto.paint_events(*pictures(), CONFIG))
    assert [type(event) for event in events] == [
        impasto.Progress, impasto.Progress, impasto.Preview, impasto.Done
    ]  # fmt: skip


def test_settings_are_checked_before_the_first_event_is_asked_for() -> None:
    with pytest.raises(impasto.ImageReadError, match=r"none\.png"):
        impasto.paint_events("none.png", "none.png", CONFIG)


def test_a_recipe_of_ones_own() -> None:
    recipe = impasto.RECIPES["multi-layer"]
    made = impasto.paint(*pictures(), CONFIG, recipe=recipe)
    assert made.record["recipe"]["name"] == "multi-layer"


def test_alpha_goes_into_the_painting_and_its_pil_image() -> None:
    content, style = pictures()
    alpha = np.full((30, 36, 1), 0.5, np.float32)
    made = impasto.paint(np.concatenate([content, alpha], axis=2), style, CONFIG)
    assert made.alpha is not None
    image = made.to_pil()
    assert (image.mode, image.size) == ("RGBA", (32, 27))
    assert image.getpixel((3, 3))[3] == 128  # type: ignore[index]


def test_what_is_saved_is_what_to_pil_gives(tmp_path: Path) -> None:
    made = impasto.paint(*pictures(), CONFIG)
    made.save(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as saved:
        assert np.array_equal(np.asarray(saved), np.asarray(made.to_pil()))
    assert made.to_pil().mode == "RGB"
