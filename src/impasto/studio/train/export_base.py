"""Write a base as a folder: two ONNX graphs that run without torch, and the weights to learn brushes with."""

from __future__ import annotations

import copy
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import torch as safetensors
from torch import Tensor, nn

from impasto.errors import ArtifactError
from impasto.models.base_files import BASE_KEY, ENCODE, TRANSFORM, WEIGHTS
from impasto.studio.networks.levels import to_numbers
from impasto.studio.networks.space import StyleSpace
from impasto.studio.train.export import check_finite, save, sealed, trace

if TYPE_CHECKING:
    import os

    from impasto.models.artifact import Card
    from impasto.models.base import Base
    from impasto.studio.networks.conditional import Conditional
    from impasto.studio.networks.style_encoder import StyleEncoder

_PHOTO = torch.zeros(1, 36, 44, 3, dtype=torch.uint8)
_PAINTING = torch.zeros(1, 64, 80, 3, dtype=torch.uint8)
_REMEDY = "put back what was there, and go on from the checkpoint with --resume"


def export_base(
    network: nn.Module, card: Card, folder: str | os.PathLike[str], *, kept: Base | None = None
) -> None:
    """Write a base; what was in the folder stays until all of it is made.

    - `transform.onnx` takes `image`, uint8 (1, H, W, 3), `code` (code_size), and `delta` (delta_size), what a
      brush adds to the filters; it gives `stylized`, like `image`.
    - `encode.onnx` takes `image`, a painting whose longest side is 256, and `stroke` (S), logarithms to base
      2 of sizes of strokes; it gives `code` (S, code_size).
    - `weights.safetensors` has the weights of the first.

    Args:
        network: A `StyleSpace`; left as it is.
        card: Of the base.
        folder: Where to; made where it is missing.
        kept: The base whose encoder alone was trained: of it comes all but that, byte for byte, as brushes
            name the base by the bytes of `transform.onnx`.

    Raises:
        ArtifactError: The weights are not finite, or nothing can be written there.
    """
    assert isinstance(network, StyleSpace)
    check_finite(network)
    whole = copy.deepcopy(network).cpu().float().eval()
    told = {"image": _PAINTING, "stroke": torch.zeros(3)}
    made = transform_files(whole.transform, card) if kept is None else _files(kept)
    made[ENCODE] = sealed(trace(_Encode(whole.encode), told, "code", free=["stroke"]), card)
    place = Path(folder)
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"{place} cannot be made ({error.strerror}); choose another place") from error
    for name, data in made.items():
        save(data, place / name)


def transform_files(network: Conditional, card: Card) -> dict[str, bytes]:
    """Return what a base has of its network, by name: the graph, and the weights, which name it.

    Args:
        network: Evaluated, in float32 on the CPU.
        card: Of the base.
    """
    code, delta = torch.zeros(network.code_size), torch.zeros(network.delta_size)
    inputs = {"image": _PHOTO, "code": code, "delta": delta}
    graph = sealed(trace(_Transform(network), inputs, "stylized"), card)
    about = {**card.to_metadata(), BASE_KEY: sha256(graph).hexdigest()}
    state = {name: value.contiguous() for name, value in network.state_dict().items()}
    return {TRANSFORM: graph, WEIGHTS: safetensors.save(state, about)}


def _files(base: Base) -> dict[str, bytes]:
    """Return what is kept of a base, which was read when the training began."""
    try:
        made = {name: (base.folder / name).read_bytes() for name in (TRANSFORM, WEIGHTS)}
    except OSError as error:
        raise ArtifactError(f"{base.folder} cannot be read any more ({error.strerror}); {_REMEDY}") from error
    if sha256(made[TRANSFORM]).hexdigest() != base.sha256:
        raise ArtifactError(f"{base.folder} has become another base since the training began; {_REMEDY}")
    return made


class _Transform(nn.Module):
    """From bytes, a code and a change of filters to bytes."""

    def __init__(self, network: Conditional) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, code: Tensor, delta: Tensor) -> Tensor:
        return self.network.paint(image, code, delta)


class _Encode(nn.Module):
    """From the bytes of a painting to its codes for some sizes of strokes."""

    def __init__(self, network: StyleEncoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, stroke: Tensor) -> Tensor:
        codes: Tensor = self.network(to_numbers(image), stroke)
        return codes
