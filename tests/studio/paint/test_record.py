"""What a picture says of how it was made: all that counts, and no folder of the one who made it."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path, PurePath
from typing import Any

import pytest

from impasto.errors import ConfigError
from impasto.image import Picture
from impasto.studio.paint import RECIPES, PaintConfig, Recipe
from impasto.studio.paint.prepare import Materials
from impasto.studio.paint.record import identity_of, make_record, parse_record

MACHINE = {"torch": "2.9", "device": "cpu", "precision": "fp32", "weights_sha256": "ab"}


@pytest.fixture
def named(picture: Callable[[int, int, int], Any]) -> Callable[[str], Picture]:
    return lambda name: Picture(pixels=picture(4, 4, 1), sha256=f"hash of {PurePath(name).name}", name=name)


def record_of(
    named: Callable[[str], Picture], config: PaintConfig, recipe: Recipe, start: str | None = None
) -> dict[str, Any]:
    materials = Materials(
        content=named("photos/cat.jpg"),
        styles=(named("waves.png"), named("stdin")),
        weights=(0.5, 0.5),
        start=None if start is None else named(start),
    )
    return make_record(config, recipe, materials, size=(30, 40), machine=MACHINE)


def test_it_says_all_that_counts(named: Callable[[str], Picture], small: Recipe) -> None:
    record = record_of(named, PaintConfig(seed=7, style_layers={"relu1_1": 2.0}, preview_every=9), small)
    assert record["verb"] == "paint"
    assert record["settings"] == {
        "seed": 7,
        "style_layers": {"relu1_1": 2.0},
    }  # looking on makes no difference
    assert set(record["recipe"]) == {field.name for field in fields(Recipe)}
    assert record["recipe"]["style_weight"] == 10.0
    assert record["size"] == [30, 40]
    assert record["content"] == {"name": "photos/cat.jpg", "sha256": "hash of cat.jpg"}
    assert [style["name"] for style in record["styles"]] == ["waves.png", "stdin"]
    assert record["start"] is None
    assert {key: record[key] for key in MACHINE} == MACHINE


@pytest.mark.parametrize("name", RECIPES)
def test_it_goes_through_json_unchanged(named: Callable[[str], Picture], name: str) -> None:
    config = PaintConfig(size=(3, 4), style_weights=(1, 2), content_layers={"relu4_2": 1.0})
    record = record_of(named, config, replace(RECIPES[name], size=(3, 4)))
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert parse_record(json.dumps(record), "a.png") == record


def test_absolute_folders_are_left_out(
    named: Callable[[str], Picture], small: Recipe, tmp_path: Path
) -> None:
    place = str(tmp_path)
    start, weights = f"{place}/start.png", f"{place}/vgg.safetensors"
    recipe = replace(small, init=start, weights=weights)
    materials = Materials(
        content=named(f"{place}/cat.jpg"),
        styles=(named(f"{place}/w.png"),),
        weights=(1.0,),
        start=named(start),
    )
    config = PaintConfig(init=start, weights=weights)
    record = make_record(config, recipe, materials, size=(1, 1), machine={})
    assert place not in json.dumps(record)
    assert record["settings"] == {"init": "start.png", "weights": "vgg.safetensors"}
    assert (record["recipe"]["init"], record["recipe"]["weights"]) == ("start.png", "vgg.safetensors")
    assert [record["content"]["name"], record["start"]["name"]] == ["cat.jpg", "start.png"]


def test_a_texture_has_no_content(named: Callable[[str], Picture], small: Recipe) -> None:
    materials = Materials(content=None, styles=(named("a.png"),), weights=(1.0,), start=None)
    assert make_record(PaintConfig(), small, materials, size=(1, 1), machine={})["content"] is None


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"a\.png: the record in its metadata is damaged .*cannot be reproduced"
    ):
        parse_record("{", "a.png")
    for text in ("[]", "3", "{}", '{"verb": "apply", "recipe": {}}', '{"verb": "paint"}'):
        with pytest.raises(ConfigError, match=r"a\.png: its metadata is not a record of `impasto paint`"):
            parse_record(text, "a.png")


def test_an_identity_knows_pictures_by_their_bytes_and_settings_by_their_effect(
    named: Callable[[str], Picture], small: Recipe
) -> None:
    def identity(name: str, config: PaintConfig) -> dict[str, Any]:
        materials = Materials(content=named(name), styles=(named(name),), weights=(1.0,), start=None)
        return identity_of(make_record(config, small, materials, size=(1, 1), machine={}), config)

    typed = PaintConfig(size=small.size, device="cpu", preview_every=3)
    assert identity("a.png", PaintConfig()) == identity("elsewhere/a.png", typed)
    for other in (PaintConfig(seed=1), PaintConfig(keep_color="linear"), PaintConfig(style_size=40)):
        assert identity("a.png", other) != identity("a.png", PaintConfig())
