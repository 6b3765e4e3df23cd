"""A training's state on disk, enough to go on to the same weights bit for bit: tensors and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from impasto.errors import CheckpointError
from impasto.image import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from torch import Tensor

FORMAT = 1
_KEY = "impasto.training"


@dataclass(kw_only=True)
class State:
    """Where a training stands between two steps. All but the tensors is plain, as JSON has it."""

    tensors: dict[str, Tensor]
    """Weights, moments and random state, by name."""

    step: int
    """Steps done; with the settings it says which photos come next, at which rate."""

    seconds: float
    """Seconds that they took."""

    factor: float
    """What learning rates are multiplied by: less than 1 after the training diverged."""

    rolled_back: int
    """How often it did."""

    level: float
    """Running average of the loss; 0 before the first step."""

    lowest: float
    """The least that it has been; 0 before the first step."""

    weights: dict[str, float]
    """What each term of the loss is multiplied by."""

    losses: dict[str, float]
    """The last losses, by term and layer."""

    skipped: dict[str, str]
    """Photos that could not be used, and why."""

    complete: bool = field(default=False)
    """Whether there is nothing left to do."""


_PLAIN = [each.name for each in fields(State) if each.name != "tensors"]


def save_state(path: str | os.PathLike[str], state: State, identity: Mapping[str, Any]) -> None:
    """Write a checkpoint; an old one stays until the new one is whole.

    Args:
        path: Where to.
        state: What to write.
        identity: What the training is, so that no other one goes on from it; as JSON has it.

    Raises:
        CheckpointError: When it cannot be written.
    """
    plain = {name: getattr(state, name) for name in _PLAIN}
    text = json.dumps({"format": FORMAT, "identity": dict(identity), "state": plain})
    tensors = {name: tensor.cpu().contiguous() for name, tensor in state.tensors.items()}
    try:
        write_atomically(str(path), save(tensors, {_KEY: text}))
    except OSError as error:
        raise CheckpointError(
            f"cannot write the checkpoint {path}: {error.strerror}; choose another place"
        ) from error


def load_state(path: str | os.PathLike[str], identity: Mapping[str, Any]) -> State:
    """Read a checkpoint of the training that `identity` tells of; its tensors are on the CPU.

    Raises:
        CheckpointError: When it is missing, damaged, or of another training; the message names what differs.
    """
    if not Path(path).is_file():
        raise CheckpointError(f"no checkpoint at {path}; leave --resume away to start anew")
    format_, other, state = _read(path)
    if state is None:
        raise CheckpointError(
            f"{path} has checkpoint format {format_}, this version reads {FORMAT}; start anew"
        )
    differing = [key for key in identity if other.get(key) != identity[key]]
    if differing:
        raise CheckpointError(
            f"{path} belongs to another training: {', '.join(differing)} differ; give its own arguments, or "
            "another --checkpoint"
        )
    return state


def peek(path: str | os.PathLike[str]) -> State:
    """Read whatever training's checkpoint lies at a path.

    Raises:
        CheckpointError: When it is damaged, or no checkpoint of a training.
    """
    _, _, state = _read(path)
    if state is None:
        raise CheckpointError(
            f"{path} was written by another version of impasto; choose another --checkpoint"
        )
    return state


def _read(path: str | os.PathLike[str]) -> tuple[Any, dict[str, Any], State | None]:
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {})[_KEY]
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        found = json.loads(text)
        format_, identity = found["format"], dict(found["identity"])
        state = State(tensors=tensors, **found["state"]) if format_ == FORMAT else None
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"{path} is no checkpoint of a training, or is damaged; choose another place, or start anew"
        ) from error
    return format_, identity, state


def capture(network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return copies of a network's weights, of Adam's moments, and of the random state."""
    tensors = {f"network.{name}": value.detach().clone() for name, value in network.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        for name, value in moments.items():
            tensors[f"optimizer.{index}.{name}"] = value.detach().clone()
    tensors["random.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    return tensors


def restore(
    network: torch.nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Put back what `capture` returned, laid out in memory as the network's weights are.

    Raises:
        CheckpointError: When it is of another network.
    """
    restore_weights(network, tensors)
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in _below(tensors, "optimizer.").items():
        index, _, name = key.partition(".")
        if name != "step":
            value = torch.empty_like(parameters[int(index)], requires_grad=False).copy_(value)
        moments.setdefault(int(index), {})[name] = value.clone()
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
    torch.set_rng_state(tensors["random.cpu"].cpu())
    if torch.cuda.is_available() and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"].cpu())


def restore_weights(network: torch.nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put back a network's weights alone.

    Raises:
        CheckpointError: When they are of another network.
    """
    try:
        network.load_state_dict(_below(tensors, "network."))
    except RuntimeError as error:
        raise CheckpointError("the checkpoint is of another network; give its own arguments") from error


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
