"""Cards: what an artifact says of itself."""

import json
from typing import Any

import pytest

import impasto
from impasto.errors import ArtifactError
from impasto.models import Card
from impasto.models.artifact import CARD_KEY

CARD = Card(
    name="great-wave",
    title="Under the Wave off Kanagawa",
    artist="Katsushika Hokusai",
    year="about 1831",
    rights="public domain",
    attribution="ünïcode",
    trained_on="500 photos",
    recipe={"steps": 4000, "layers": {"relu1_2": 1.5}, "crops": [128, 256]},
    loss_network="vgg19 abc",
)


def test_a_card_comes_back_as_it_went() -> None:
    metadata = CARD.to_metadata()
    assert list(metadata) == [CARD_KEY]
    assert Card.from_metadata({"other": "x", **metadata}) == CARD


def test_the_text_has_sorted_keys_a_format_and_the_version() -> None:
    values = json.loads(CARD.to_metadata()[CARD_KEY])
    assert list(values) == sorted(values)
    assert values["format"] == 1
    assert values["version"] == impasto.__version__
    assert values["kind"] == "model"


def test_a_card_cannot_be_changed() -> None:
    recipe = {"steps": 1}
    card = Card(name="a", recipe=recipe)
    recipe["steps"] = 2
    assert card.recipe["steps"] == 1
    with pytest.raises(TypeError):
        card.recipe["steps"] = 2  # type: ignore[index]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": " "}, "name is empty"),
        ({"name": "a", "kind": "pencil"}, "choose model, brush, base"),
        ({"name": "a", "year": 1831}, "year is 1831; give a text"),
        ({"name": "a", "recipe": [1]}, "table of settings"),
    ],
)
def test_a_card_is_checked(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        Card(**values)


def test_what_lies_below_is_what_it_was_trained_for() -> None:
    assert Card(name="a").underpainting == 0
    assert Card(name="a", recipe={"recipe": {"style_weight": 6}}).underpainting == 0
    assert Card(name="a", recipe={"recipe": {"underpainting": 0.5}}).underpainting == 0.5
    assert Card(name="a", recipe={"underpainting": 1}).underpainting == 1
    assert Card(name="a", recipe={"recipe": "mine"}).underpainting == 0
    for wrong in (1.5, -1, "half", None, True, float("nan")):
        with pytest.raises(ArtifactError, match="underpainting of 'a' is"):
            Card(name="a", recipe={"recipe": {"underpainting": wrong}})


@pytest.mark.parametrize("value", [object(), float("nan")])
def test_a_recipe_that_json_cannot_hold(value: object) -> None:
    with pytest.raises(ArtifactError, match="cannot be written as JSON"):
        Card(name="a", recipe={"what": value}).to_metadata()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no card of impasto"),
        ("{", "damaged"),
        ("[1]", "not a table"),
        ('{"format": 2, "name": "a"}', "format 2"),
        ('{"name": "a"}', "format None"),
        ('{"format": 1}', "no name"),
        ('{"format": 1, "name": "a", "wheels": 4}', "wheels"),
        ('{"format": 1, "name": 4}', "name is 4"),
    ],
)
def test_damaged_and_foreign_cards(text: str | None, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        Card.from_metadata({} if text is None else {CARD_KEY: text})


def test_the_card_of_an_upscaler_says_its_factor() -> None:
    card = Card(kind="superres", name="x4", recipe={"factor": 4})
    assert card.factor == 4
    assert Card.from_metadata(card.to_metadata()).factor == 4
    assert CARD.factor == 1
    for wrong in ({}, {"factor": 1}, {"factor": "4"}, {"factor": True}, {"factor": 2.0}):
        with pytest.raises(ArtifactError, match="give a whole number from 2 up"):
            Card(kind="superres", name="x4", recipe=wrong)
