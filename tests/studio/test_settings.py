"""Settings from TOML and JSON: what fits, and what is said of what does not."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from impasto.errors import ConfigError
from impasto.studio.paint import RECIPES, PaintConfig, Recipe
from impasto.studio.settings import conform, field_docs, plain
from impasto.studio.settings import read_settings as read


def read_settings(path: Path) -> dict[str, Any]:
    return read(path, PaintConfig)


Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a settings file."""

    def write(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_kind_of_value(write: Write) -> None:
    text = """
recipe = "gatys"
size = 640
iterations = 5
content-weight = 2
style_weights = [1, 2.5]
style-scale = 1.5
content_layers = {relu4_2 = 1}
style_layers = "relu1_1:0.5,relu2_1"
keep_color = "linear"
"""
    assert read_settings(write(text)) == {
        "recipe": "gatys",
        "size": 640,
        "iterations": 5,
        "content_weight": 2.0,
        "style_weights": (1.0, 2.5),
        "style_scale": 1.5,
        "content_layers": {"relu4_2": 1.0},
        "style_layers": {"relu1_1": 0.5, "relu2_1": 1.0},
        "keep_color": "linear",
    }


@pytest.mark.parametrize(
    ("text", "size"), [('"640x360"', (360, 640)), ("[360, 640]", (360, 640)), ('"640"', 640), ("640", 640)]
)
def test_sizes(text: str, size: Any, write: Write) -> None:
    assert read_settings(write(f"size = {text}")) == {"size": size}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("iteration = 5", "there is no setting 'iteration'; did you mean iterations?"),
        ("zzz = 5", "there is no setting 'zzz'; choose from recipe, size,"),
        ("iterations = 2.5", "iterations is 2.5; give a whole number"),
        ("iterations = true", "iterations is True; give a whole number"),
        ('seed = "7"', "seed is '7'; give a whole number"),
        ('content_weight = "much"', "content_weight is 'much'; give a number"),
        ("recipe = 5", "recipe is 5; give text in quotes"),
        ('pooling = "min"', "pooling is 'min'; give one of max, average, l2"),
        ("size = [1, 2, 3]", "size is [1, 2, 3]; give the longest side"),
        ('size = "640x"', "size is '640x'; give the longest side"),
        ("style_layers = [1]", "style_layers is [1]; give layers with their weights"),
        ('style_layers = {relu1_1 = "a"}', "give layers with their weights"),
        ('style_layers = "relu1_1:"', "give layers with their weights"),
        ('style_weights = "1,,2"', "give numbers with commas"),
        ("[size]\nwidth = 5", "give the longest side"),
        ("size = ", "is not a TOML file of settings"),
    ],
)
def test_what_does_not_fit_is_named_with_the_file(text: str, said: str, write: Write) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        read_settings(path)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_settings(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a TOML file"):
        read_settings(tmp_path / "bytes.toml")


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_recipes_survive_the_way_through_json(recipe: Recipe) -> None:
    values = plain({field.name: getattr(recipe, field.name) for field in fields(recipe)})
    assert Recipe(**conform(Recipe, values)) == recipe


def test_every_setting_has_its_docstring() -> None:
    docs = field_docs(PaintConfig)
    assert set(docs) == {field.name for field in fields(PaintConfig)}
    assert all(text.endswith(".") for text in docs.values())
