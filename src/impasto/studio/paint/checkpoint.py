"""A job's state on disk, enough to go on to the same picture bit for bit."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from impasto.errors import CheckpointError
from impasto.image import write_atomically

if TYPE_CHECKING:
    import os

    from torch import Tensor

FORMAT = 1


@dataclass(kw_only=True)
class State:
    """Where an optimization stands between two steps."""

    level: int
    """Index of the size being worked on."""

    step: int
    """Steps done at that size."""

    variable: Tensor
    """What the optimizer moves, `(1, 3, H, W)` in the recipe's units."""

    optimizer: dict[str, Any]
    """The optimizer's state_dict."""

    average: Tensor | None
    """Sum of the running average of images, before its bias correction; None when there is none."""

    best: Tensor
    """The variable of least loss at this size."""

    best_loss: float
    """Its loss."""

    first_loss: float
    """The loss that this size began with."""

    restarts: int = 0
    """How often L-BFGS went astray at this size, and began anew."""


def save_state(path: str | os.PathLike[str], state: State, identity: dict[str, Any]) -> None:
    """Write a checkpoint; an old one stays until the new one is whole.

    Args:
        path: Where to.
        state: What to write.
        identity: What the job is, so that no other one goes on from it.

    Raises:
        CheckpointError: When it cannot be written.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "identity": identity, "state": vars(state)}, buffer)
    try:
        write_atomically(str(path), buffer.getvalue())
    except OSError as error:
        raise CheckpointError(
            f"cannot write the checkpoint {path}: {error.strerror}; choose another place"
        ) from error


def load_state(path: str | os.PathLike[str], identity: dict[str, Any], device: torch.device) -> State:
    """Read a checkpoint of the job that `identity` tells of.

    Raises:
        CheckpointError: When it is missing, damaged, or of another job; the message names what differs.
    """
    if not Path(path).is_file():
        raise CheckpointError(f"no checkpoint at {path}; leave --resume away to start anew")
    damaged = f"{path} is not an impasto checkpoint, or is damaged; start anew"
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()  # torch reads on where a checksum is wrong
        found = torch.load(path, map_location=device, weights_only=True)
        format_, other = found["format"], dict(found["identity"])
        state = State(**found["state"]) if format_ == FORMAT and broken is None else None
    except Exception as error:  # whatever bytes can make of an unpickler
        raise CheckpointError(damaged) from error
    if broken is not None:
        raise CheckpointError(damaged)
    if state is None:
        raise CheckpointError(
            f"{path} has checkpoint format {format_}, this version reads {FORMAT}; start anew"
        )
    differing = [key for key in identity if other.get(key) != identity[key]]
    if differing:
        raise CheckpointError(
            f"{path} belongs to another job: {', '.join(differing)} differ; give its own arguments"
        )
    return state
