"""The network of a base as torch has it, out of the base's folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open

from impasto.errors import ArtifactError
from impasto.models.base_files import BASE_KEY, WEIGHTS
from impasto.models.files import card_of
from impasto.studio.networks.conditional import Conditional
from impasto.studio.networks.config import ARCHITECTURES

if TYPE_CHECKING:
    from impasto.models.base import Base


def load_conditional(base: Base) -> Conditional:
    """Return the network that brushes are learned with, in evaluation mode.

    Raises:
        ArtifactError: The weights are missing, damaged, or not those of the base's graphs.
    """
    path = base.folder / WEIGHTS
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise ArtifactError(
            f"{path} cannot be read ({error}); learning needs the weights beside the base's graphs"
        ) from error
    if metadata.get(BASE_KEY) != base.sha256:
        raise ArtifactError(f"{path} is of another base than the graphs beside it; take both from one")
    try:
        return _filled(state, card_of(str(path), metadata).recipe)
    except (KeyError, RuntimeError, ValueError) as error:
        raise ArtifactError(f"{path} is damaged ({error}); take an intact copy") from error


def _filled(state: dict[str, torch.Tensor], recipe: Any) -> Conditional:
    """Make a network of the size that the weights have, and give them to it."""
    count = sum(name.startswith("convolutions.") and name.endswith(".weight") for name in state)
    settings = (recipe.get("recipe") or {}).get("network") or {}
    architecture = replace(
        ARCHITECTURES["compact"],
        channels=len(state["convolutions.0.weight"]),
        blocks=(count - 3) // 3,
        output=settings.get("output") or ARCHITECTURES["compact"].output,
    )
    network = Conditional(architecture)
    network.load_state_dict(state)
    return network.eval()
