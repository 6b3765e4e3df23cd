"""The shipped models: complete cards, no larger than promised, and in every engine what torch computes."""

import math
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import openvino
import pytest
import skimage
import torch
from numpy.typing import NDArray

from impasto.image import read_image, resize
from impasto.models.engine import open_session
from impasto.models.files import read_artifact, read_card
from impasto.models.registry import GALLERY, find_style
from impasto.models.with_openvino import SMALL
from impasto.studio.networks import NetworkConfig, build_network

Bytes = NDArray[np.uint8]

NAMES = ("great-wave", "starry-night")
SHIPPED, SWATCHES = GALLERY / "models", GALLERY / "swatches"
SIZES = ((17, 31), (1000, 1), (1281, 721), (720, 1280))


@cache
def photo(height: int, width: int) -> Bytes:
    """A cup of coffee, brought to that size."""
    pixels = read_image(Path(skimage.__file__).parent / "data" / "coffee.png").pixels
    return np.rint(resize(pixels, (height, width)) * 255).astype(np.uint8)


@cache
def in_torch(name: str, height: int, width: int) -> NDArray[np.float32]:
    """What torch makes of the photo, in levels of 255, not rounded."""
    weights = {
        each.name.removeprefix("network."): torch.from_numpy(onnx.numpy_helper.to_array(each).copy())
        for each in onnx.load(find_style(name)).graph.initializer
    }
    settings = read_card(find_style(name)).recipe["recipe"]["network"]
    network = build_network(NetworkConfig(**settings)).eval()
    network.load_state_dict({key: weights[key] for key in network.state_dict()})
    pixels = torch.from_numpy(photo(height, width).astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.inference_mode():
        made: NDArray[np.float32] = network(pixels)[0].permute(1, 2, 0).numpy() * 255
    return made


def in_openvino(name: str, size: tuple[int, int], precision: str, *, known: bool) -> Bytes | None:
    """What OpenVINO makes of the photo, told its size or not; None where it lacks that precision."""
    model = openvino.Core().read_model(find_style(name))
    if known:
        model.reshape({"image": [1, *size, 3]})
    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    if compiled.get_property("INFERENCE_PRECISION_HINT").to_string() != precision:
        return None
    made: Bytes = compiled({"image": photo(*size)[None]})[0][0]
    return made


def test_all_that_is_shipped_is_tested() -> None:
    assert tuple(sorted(path.stem for path in SHIPPED.iterdir())) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_cards_tell_whose_painting_it_is_and_how_it_was_made(name: str) -> None:
    card = read_card(SHIPPED / f"{name}.onnx")
    assert card.kind == "model"
    assert card.name == name
    assert all((card.title, card.artist, card.year, card.license, card.trained_on))
    assert card.rights == "public domain"
    assert card.loss_network.startswith("vgg19-original ")
    assert card.recipe["recipe"]["name"] == "impasto"
    assert card.recipe["recipe"]["network"]["name"] == "compact"
    assert "stopped_after" not in card.recipe
    with (SWATCHES / "cards.toml").open("rb") as file:
        swatch = tomllib.load(file)[name]
    assert (swatch["title"], swatch["artist"]) == (card.title, card.artist)
    assert min(read_image(SWATCHES / f"{name}.jpg").size) >= 256


@pytest.mark.parametrize("name", NAMES)
def test_none_is_larger_than_promised(name: str) -> None:
    assert (SHIPPED / f"{name}.onnx").stat().st_size < 1_000_000


@pytest.mark.parametrize("engine", ["openvino", "openvino, told the size", "onnxruntime"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_engines_compute_what_torch_does(name: str, size: tuple[int, int], engine: str) -> None:
    path, wanted = find_style(name), in_torch(name, *size)
    if engine == "onnxruntime":
        made = open_session(read_artifact(path), engine="onnxruntime", threads=1).run(photo(*size))
    else:  # float32 by name, whatever this processor would choose
        found = in_openvino(name, size, "f32", known=engine != "openvino")
        assert found is not None
        made = found
    assert made.shape == wanted.shape
    assert np.abs(made - wanted).max() <= 2
    assert min(size) == 1 or wanted.std() > 20, "a picture"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_bf16_is_close(name: str, size: tuple[int, int]) -> None:
    found = in_openvino(name, size, "bf16", known=False)
    if found is None:
        pytest.skip("this processor computes no bf16, not even slowly")
    if math.prod(size) < SMALL:  # a photo squeezed into one column would keep 42 dB: the session sees to it
        made = open_session(read_artifact(find_style(name)), engine="openvino", threads=1).run(photo(*size))
    else:
        made, told = found, in_openvino(name, size, "bf16", known=True)
        assert told is not None
        assert np.abs(made.astype(int) - told).max() <= 1  # the same picture, however it was computed
    error = np.square(made - in_torch(name, *size)).mean()
    assert 10 * math.log10(255**2 / error) >= 45
