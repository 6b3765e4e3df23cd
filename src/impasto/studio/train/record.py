"""What a training says of how it was done: in its artifact's card, and in its checkpoints."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import torch

from impasto._version import __version__
from impasto.studio.settings import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impasto.studio.train.assignment import Materials
    from impasto.studio.train.config import TrainConfig

BESIDE_THE_RECIPE = ("seed", "small", "held_out")
"""Settings that change the weights and are in no recipe."""

_CHANGES_NOTHING = ("impasto", "style", "photos")
"""What of a record a checkpoint need not agree on."""


def make_record(config: TrainConfig, materials: Materials, *, steps: int, world: int) -> dict[str, Any]:
    """Return the record of a training, ready for JSON; no folder of this machine is in it.

    Args:
        config: As the user gave it.
        materials: The pictures, and the recipe as it was resolved.
        steps: Of the whole training.
        world: Processes that train together.
    """
    encoder = materials.encoder
    return {
        "impasto": __version__,
        "verb": "train",
        "settings": {name: getattr(config, name) for name in BESIDE_THE_RECIPE},
        "recipe": _plainly(materials.recipe),
        "steps": steps,
        "processes": world,
        **materials.subject(),
        "photos": len(materials.stream.photos),
        "photos_sha256": materials.photos_sha256,
        "weights_sha256": encoder.weights_sha256 if encoder else None,
        "torch": str(torch.__version__),
        "device": materials.device.type,
        "precision": "bf16" if materials.bf16 else "fp32",
    }


def identity_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a checkpoint must agree on: all that changes the weights."""
    return {key: value for key, value in record.items() if key not in _CHANGES_NOTHING}


def _plainly(recipe: Any) -> dict[str, Any]:
    """Return a dataclass as JSON has it, those in it too; a file of weights without its folder."""
    values = {field.name: getattr(recipe, field.name) for field in fields(recipe)}
    nested: dict[str, Any] = {name: _plainly(value) for name, value in values.items() if is_dataclass(value)}
    if "weights" in values:
        path = PurePath(values["weights"])
        nested["weights"] = path.name if path.is_absolute() else values["weights"]
    return {**{name: plain(value) for name, value in values.items()}, **nested}
