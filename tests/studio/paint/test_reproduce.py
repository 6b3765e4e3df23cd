"""Pictures made again from their records: the same pixels, or a clear word on what is lacking."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from impasto import PaintConfig, Painting, paint, reproduce
from impasto.errors import ConfigError
from impasto.events import Done, Progress
from impasto.image import read_image, write_image
from impasto.studio.encoders.architecture import ARCHITECTURES
from impasto.studio.paint import RECIPES, PaintJob
from impasto.studio.paint.painting import painting
from impasto.studio.paint.reproduce import prepare_reproduction

CONFIG = PaintConfig(weights="tiny", size=32, iterations=3, seed=4)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the pictures a.png and b.png."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(2)
    for name in ("a.png", "b.png"):
        write_image(name, random.random((32, 40, 3), dtype=np.float32))
    return tmp_path


def painted(config: PaintConfig = CONFIG, **options: Any) -> Painting:
    made = paint(options.pop("content", "a.png"), options.pop("style", "b.png"), config, **options)
    made.save("out.png")
    return made


def rewrite(**changes: Any) -> None:
    """Change the record in out.png."""
    record = {**prepare_reproduction("out.png").job.record(), **changes}
    write_image("out.png", read_image("out.png").pixels, record=json.dumps(record))


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        replace(CONFIG, optimizer="adam", init="noise", style_scale=1.5),
        replace(CONFIG, init="a.png", keep_color="luminance", pooling="average", size=(24, 36)),
        replace(CONFIG, recipe="gatys", style_layers={"relu2_1": 1, "relu1_1": 0.3}, device="cpu"),
        replace(CONFIG, precision="bf16"),
    ],
    ids=["default", "adam", "file", "gatys", "bf16"],
)
def test_the_same_pixels_and_the_same_record(config: PaintConfig, folder: Path) -> None:
    first = painted(config)
    again = reproduce("out.png")
    assert np.array_equal(again.pixels, first.pixels)
    assert again.record == first.record


def test_several_styles_and_textures(folder: Path) -> None:
    first = painted(replace(CONFIG, style_weights=(3, 1)), content=None, style=["a.png", "b.png"])
    assert np.array_equal(reproduce("out.png").pixels, first.pixels)


def test_a_recipe_of_ones_own(folder: Path) -> None:
    recipe = replace(RECIPES["impasto"], name="mine", learning_rate=0.7)
    first = painted(recipe=recipe)
    again = reproduce("out.png")
    assert np.array_equal(again.pixels, first.pixels)
    assert again.record["recipe"]["name"] == "mine"


def test_a_stopped_run_is_stopped_again(folder: Path) -> None:
    job = PaintJob("a.png", ["b.png"], replace(CONFIG, iterations=9))
    for event in job.events():
        if isinstance(event, Progress) and event.iteration == 4:
            job.stop()
    assert isinstance(event, Done)
    painting(event).save("out.png")
    again = reproduce("out.png")
    assert event.image is not None
    assert np.array_equal(again.pixels, event.image)
    assert again.record == event.record


def test_arrays_are_given_again(folder: Path) -> None:
    array = read_image("a.png").pixels
    first = painted(content=array)
    with pytest.raises(ConfigError, match="content 'array' is not here"):
        reproduce("out.png")
    assert np.array_equal(reproduce("out.png", content=array).pixels, first.pixels)


def test_everything_lacking_is_listed_at_once(folder: Path) -> None:
    painted(replace(CONFIG, init="b.png"))
    Path("a.png").unlink()
    Path("b.png").unlink()
    with pytest.raises(ConfigError) as caught:
        reproduce("out.png")
    assert str(caught.value) == (
        "cannot reproduce out.png: content 'a.png' is not here (give it with --content FILE); "
        "style 'b.png' is not here (give it with --style FILE); "
        "init 'b.png' is not here (give it with --init FILE)"
    )


def own_weights(path: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    vgg = ARCHITECTURES["vgg19"]
    state = {}
    for name in vgg.conv_names[:2]:
        shape = vgg.weight_shape(name)
        state[f"{name}.weight"] = torch.randn(shape, generator=generator) / 20
        state[f"{name}.bias"] = torch.zeros(shape[0])
    save_file(state, path)


def test_weights_are_found_by_their_hash(folder: Path) -> None:
    own_weights("own.safetensors", 1)
    layers = {"relu1_1": 1.0}
    config = replace(CONFIG, weights="own.safetensors", style_layers=layers, content_layers={"relu1_2": 1.0})
    first = painted(config)
    assert np.array_equal(reproduce("out.png").pixels, first.pixels)
    Path("own.safetensors").rename("moved.safetensors")
    with pytest.raises(ConfigError, match=r"weights 'own.safetensors' are not here .*--weights FILE"):
        reproduce("out.png")
    assert np.array_equal(reproduce("out.png", weights="moved.safetensors").pixels, first.pixels)
    own_weights("own.safetensors", 2)
    with pytest.raises(ConfigError, match=r"weights 'own.safetensors' are not those that were used"):
        reproduce("out.png")


def test_other_versions_warn(folder: Path) -> None:
    first = painted()
    rewrite(torch="1.0")
    with pytest.warns(UserWarning, match="it was 1.0; the picture may differ in details"):
        again = reproduce("out.png")
    assert np.array_equal(again.pixels, first.pixels)


def test_a_device_that_is_not_here_is_a_note(folder: Path) -> None:
    painted()
    absent = "mps" if not torch.backends.mps.is_available() else "cuda"
    rewrite(device=absent, settings={"device": absent, "weights": "tiny"})
    (note,) = prepare_reproduction("out.png").notes
    assert note.startswith("device is ")
    assert f"it was {absent}" in note


def test_auto_becomes_what_it_was_on_that_machine(folder: Path) -> None:
    painted()
    job = prepare_reproduction("out.png").job
    rewrite(precision="fp32" if job.bf16 else "bf16")
    again = prepare_reproduction("out.png")
    assert again.job.bf16 is not job.bf16
    assert again.notes == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verb": "train"}, "not a record of `impasto paint`"),
        ({"styles": []}, "not whole"),
        ({"content": "a.png"}, "not whole"),
        ({"recipe": {"name": "x"}}, "not whole"),
        ({"recipe": {"charm": 1}}, "there is no setting 'charm'"),
        ({"recipe": {"iterations": "many"}}, "iterations is 'many'; give a whole number"),
        ({"settings": {"seed": 1.5}}, "seed is 1.5"),
        ({"settings": {"seed": -1}}, "seed is -1"),
        ({"impasto": "99.0", "settings": {"mood": "blue"}}, "made by impasto 99.0"),
    ],
)
def test_records_of_others_are_refused(changes: dict[str, Any], said: str, folder: Path) -> None:
    painted()
    rewrite(**changes)
    with pytest.raises(ConfigError, match=said):
        reproduce("out.png")


def test_a_picture_without_a_record(folder: Path) -> None:
    with pytest.raises(ConfigError, match="carries no record"):
        reproduce("a.png")
