"""What a training begins with in place of fresh weights: a checkpoint, a model, a brush, or another base."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from impasto.errors import CheckpointError
from impasto.models.base import Base
from impasto.models.base_files import ENCODE
from impasto.models.brush import Brush
from impasto.models.files import BRUSH_SUFFIX, MODEL_SUFFIX, read_artifact, read_card
from impasto.studio.train.base_weights import load_conditional
from impasto.studio.train.checkpoint import peek

if TYPE_CHECKING:
    import os

    from torch import Tensor

_OWN = "network."
"""What the names of all weights in a graph begin with."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """The weights that another training left."""

    tensors: dict[str, Tensor]
    """Of a network, named as in a checkpoint."""

    name: str
    """Of the file."""

    sha256: str
    """Of the file."""

    def about(self) -> dict[str, str]:
        """Return what a record says of it."""
        return {"name": self.name, "sha256": self.sha256}


def read_start(path: str | os.PathLike[str]) -> Start:
    """Read what another training left: its checkpoint, or the model that it wrote.

    Raises:
        CheckpointError: When it is missing, or neither.
        ArtifactError: When a model is damaged.
    """
    place = Path(path)
    if not place.is_file():
        raise CheckpointError(f"no checkpoint at {path}; leave --start away to begin at random")
    if place.suffix == MODEL_SUFFIX:
        return _of_model(place)
    return Start(tensors=peek(place).tensors, name=place.name, sha256=sha256(place.read_bytes()).hexdigest())


def _of_model(place: Path) -> Start:
    """Read the weights of a model, which its graph keeps under the names that they have in the network."""
    import onnx

    read_card(place)  # what is not a model of impasto is refused here
    file = read_artifact(place)
    weights = [
        each for each in onnx.load_from_string(file.data).graph.initializer if each.name.startswith(_OWN)
    ]
    tensors = {each.name: torch.from_numpy(onnx.numpy_helper.to_array(each).copy()) for each in weights}
    return Start(tensors=tensors, name=place.name, sha256=file.sha256)


def read_base_start(base: Base) -> Start:
    """Read the weights of a whole base out of its folder.

    Raises:
        ArtifactError: Something in the folder is missing, damaged, or of another base.
    """
    transform = load_conditional(base).state_dict()
    encode = _of_model(base.folder / ENCODE).tensors
    # Both biases get the same gradients and stay equal; of equal tensors the exporter keeps the first.
    encode.setdefault(f"{_OWN}bent.bias", encode[f"{_OWN}straight.bias"].clone())
    own = {f"{_OWN}transform.{name}": value for name, value in transform.items()}
    tensors = {**own, **{name.replace(_OWN, f"{_OWN}encode.", 1): value for name, value in encode.items()}}
    return Start(tensors=tensors, name=base.folder.name, sha256=base.sha256)


def read_space_start(path: str | os.PathLike[str]) -> Start:
    """Read what the training of a base begins with: another base, by its folder, or as `read_start`.

    Raises:
        CheckpointError: When it is missing, or none of them.
        ArtifactError: When a base is not whole, or is damaged.
    """
    return read_base_start(Base(path)) if Path(path).is_dir() else read_start(path)


def read_style_start(path: str | os.PathLike[str]) -> Start:
    """Read what the training of one painting begins with: as `read_start`, or a brush of the installed base.

    A brush and its base are together a `compact` network of one style, with nothing left to begin anew.

    Raises:
        CheckpointError: When it is missing, or none of them.
        ArtifactError: When a model or a brush is damaged, or the brush is of another base.
    """
    place = Path(path)
    if place.suffix != BRUSH_SUFFIX or not place.is_file():
        return read_start(place)
    file = read_artifact(place)
    brush, base = Brush.from_artifact(file), Base()
    base.check(brush)
    network = load_conditional(base)
    code, delta = brush.code, brush.delta(network.delta_size)
    if code.size != network.code_size:
        raise CheckpointError(f"{place.name} does not fit its base; one of both is damaged, learn it again")
    state = network.folded(torch.from_numpy(code), torch.from_numpy(delta))
    tensors = {f"network.{name}": value for name, value in state.items()}
    return Start(tensors=tensors, name=place.name, sha256=file.sha256)
