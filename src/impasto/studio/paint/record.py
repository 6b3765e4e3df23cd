"""What a picture says of how it was made, so that it can be made again."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from impasto._version import __version__
from impasto.errors import ConfigError
from impasto.studio.settings import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impasto.image import Picture
    from impasto.studio.paint.config import PaintConfig
    from impasto.studio.paint.prepare import Materials
    from impasto.studio.paint.recipe import Recipe


def make_record(
    config: PaintConfig,
    recipe: Recipe,
    materials: Materials,
    *,
    size: tuple[int, int],
    machine: Mapping[str, str],
) -> dict[str, Any]:
    """Return the record of a job, ready for JSON.

    Args:
        config: As the user gave it.
        recipe: As it was resolved: every constant.
        materials: The pictures; their names and hashes are kept, not their folders where a path is absolute.
        size: Height and width of the result.
        machine: Version of torch, device, precision, and the hash of the encoder's weights.
    """
    return {
        "impasto": __version__,
        "verb": "paint",
        "settings": _settings({k: value for k, value in config.changes().items() if k != "preview_every"}),
        "recipe": _settings({f.name: getattr(recipe, f.name) for f in fields(recipe)}),
        "size": list(size),
        "content": _mention(materials.content),
        "styles": [_mention(style) for style in materials.styles],
        "start": _mention(materials.start),
        **machine,
    }


BESIDE_THE_RECIPE = ("seed", "keep_color", "style_size", "style_weights")
"""Settings that change the picture and are in no recipe."""


def identity_of(record: Mapping[str, Any], config: PaintConfig) -> dict[str, Any]:
    """Return what a checkpoint must agree on: all that changes the picture, not what files are called.

    Args:
        record: As `make_record` gives it.
        config: As the user gave it.
    """
    hashes = {key: record[key] and record[key]["sha256"] for key in ("content", "start")}
    styles = [style["sha256"] for style in record["styles"]]
    settings = plain({name: getattr(config, name) for name in BESIDE_THE_RECIPE})
    return {**record, **hashes, "styles": styles, "settings": settings}


def _mention(picture: Picture | None) -> dict[str, str] | None:
    return None if picture is None else {"name": _without_folder(picture.name), "sha256": picture.sha256}


def _settings(values: Mapping[str, Any]) -> Any:
    """Return plain settings; those that may name a file do so without the folder of an absolute path."""
    files = {key: _without_folder(values[key]) for key in ("init", "weights") if values.get(key)}
    return plain({**values, **files})


def _without_folder(name: str) -> str:
    """Return the last part of an absolute path, and any other name as it is: folders may tell who worked."""
    path = PurePath(name)
    return path.name if path.is_absolute() else name


def parse_record(text: str, name: str) -> dict[str, Any]:
    """Read a record back.

    Args:
        text: What the picture carries.
        name: The picture's name, for messages.

    Raises:
        ConfigError: When it is not a record of a painting.
    """
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{name}: the record in its metadata is damaged ({error}); it cannot be reproduced"
        ) from None
    if isinstance(record, dict) and record.get("verb") == "apply" and {"content", "style"} <= record.keys():
        raise ConfigError(f"{name}: {_apply_again(record)}")
    if not isinstance(record, dict) or record.get("verb") != "paint" or "recipe" not in record:
        raise ConfigError(f"{name}: its metadata is not a record of `impasto paint`; it cannot be reproduced")
    return record


def _apply_again(record: Mapping[str, Any]) -> str:
    """Say how to make a picture of `impasto apply` again: the same command does, in no time."""
    content, style, settings = (
        value if isinstance(value, dict) else {}
        for value in map(record.get, ("content", "style", "settings"))
    )
    flags = "".join(f" --{key.replace('_', '-')} {value}" for key, value in settings.items())
    command = f"impasto apply {content.get('name')} --style {style.get('file')}{flags} -o OUT"
    return f"`impasto apply` made it; write: {command}"
