"""Reads convolution weights from a .pth, .pt or .safetensors file, whichever way its keys are spelled."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from impasto.errors import WeightsError
from impasto.studio.encoders.architecture import ARCHITECTURES, Architecture, ArchitectureName
from impasto.studio.encoders.vgg import CAFFE, TORCHVISION, Preprocessing

SUFFIXES = (".pth", ".pt", ".safetensors")

PREPROCESSINGS: dict[str, Preprocessing] = {"caffe": CAFFE, "torchvision": TORCHVISION}

# features.28.weight, as torchvision has it; 28.weight, as its `.features` alone is saved.
_FLAT = re.compile(r"(?:features\.)?(?P<index>\d+)\.(?P<part>weight|bias)")
# conv3_4.weight, convs.conv3_4.weight, block3_conv4.weight, block3_conv4_W.
_NAMED = re.compile(
    r"(?:\w+\.)?(?:conv(?P<b>\d)_(?P<i>\d)|block(?P<kb>\d)_conv(?P<ki>\d))[._](?P<part>weight|bias|W|b)"
)
# The two published files with Caffe's weights in torchvision's layout (github.com/jcjohnson/pytorch-vgg:
# vgg19-d01eb7cb.pth, vgg16-00b39a1b.pth), told by the digits in their names, with which, by PyTorch's custom,
# their SHA-256 begins.
_FLAT_CAFFE = ("d01eb7cb", "00b39a1b")
_PARTS = {"weight": "weight", "W": "weight", "bias": "bias", "b": "bias"}


@dataclass(frozen=True, kw_only=True)
class ConvWeights:
    """Weights ready for an encoder."""

    name: str
    sha256: str
    architecture: ArchitectureName
    preprocessing: Preprocessing
    state: dict[str, Tensor]
    """`conv1_1.weight`, `conv1_1.bias`, ... as float32."""


def read_weights(path: Path) -> ConvWeights:
    """Read a file of VGG-16 or VGG-19 weights, whole or from conv1_1 to some depth.

    Whether it is VGG-16 or 19 is told by the layers in it. torchvision's spelling means torchvision's
    preprocessing (but for the two files known to hold Caffe's weights in it), any other spelling means
    Caffe's, unless the header of a .safetensors file says `"preprocessing": "caffe"` or `"torchvision"`.

    Raises:
        WeightsError: The file is missing, cannot be read, or has no VGG in it.
    """
    if path.suffix not in SUFFIXES:
        raise WeightsError(f"{path}: weights are read from {', '.join(SUFFIXES)} files")
    if not path.is_file():
        raise WeightsError(f"there is no file of weights at {path}")
    tensors, stated = _read_safetensors(path) if path.suffix == ".safetensors" else (_read_torch(path), None)
    flat = any(_FLAT.fullmatch(key) for key in tensors)
    sha256 = _sha256(path)
    architecture, state = _recognize(path, tensors, flat)
    return ConvWeights(
        name=path.name,
        sha256=sha256,
        architecture=architecture.name,
        preprocessing=_preprocessing(path, stated, flat and not _known_as_caffe(path, sha256)),
        state=state,
    )


def _recognize(
    path: Path, tensors: Mapping[str, Tensor], flat: bool
) -> tuple[Architecture, dict[str, Tensor]]:
    """Find the network whose first layers these are; VGG-19 where both would do, being the same there."""
    for architecture in (ARCHITECTURES["vgg19"], ARCHITECTURES["vgg16"]):
        state = _by_index(tensors, architecture) if flat else _by_name(tensors)
        convs = {key.partition(".")[0] for key in state}
        if convs and convs == set(architecture.conv_names[: len(convs)]):
            _check_finite(path, state)
            return architecture, {key: tensor.float() for key, tensor in state.items()}
    shown = ", ".join(list(tensors)[:3]) or "none"
    raise WeightsError(
        f"{path} has no VGG-16 or VGG-19 (without batch normalization) from conv1_1 on; its keys begin with: "
        f"{shown}; layouts known are features.0.weight, block1_conv1.weight and conv1_1.weight"
    )


def _check_finite(path: Path, state: Mapping[str, Tensor]) -> None:
    for key, tensor in state.items():
        if not tensor.isfinite().all():
            raise WeightsError(f"{path} is damaged: {key} has values that are not finite numbers")


def _by_index(tensors: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Rename `features.28.weight`; what stands where the network has no convolution keeps its own name."""
    names = {architecture.torchvision_index(name): name for name in architecture.conv_names}
    state = {}
    for key, tensor in tensors.items():
        if match := _FLAT.fullmatch(key):
            index = int(match["index"])
            state[f"{names.get(index, f'features{index}')}.{match['part']}"] = tensor
    return state


def _by_name(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename `block3_conv4.weight` and its like."""
    state = {}
    for key, tensor in tensors.items():
        if match := _NAMED.fullmatch(key):
            block, index = match["b"] or match["kb"], match["i"] or match["ki"]
            state[f"conv{block}_{index}.{_PARTS[match['part']]}"] = tensor
    return state


def _known_as_caffe(path: Path, sha256: str) -> bool:
    return sha256.startswith(_FLAT_CAFFE) or any(digits in path.name for digits in _FLAT_CAFFE)


def _preprocessing(path: Path, stated: str | None, torchvision: bool) -> Preprocessing:
    if stated is None:
        return TORCHVISION if torchvision else CAFFE
    if stated not in PREPROCESSINGS:
        raise WeightsError(
            f"{path}: its header says preprocessing {stated!r}, but must say {' or '.join(PREPROCESSINGS)}"
        )
    return PREPROCESSINGS[stated]


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], str | None]:
    try:
        with safe_open(path, framework="pt") as file:
            stated = (file.metadata() or {}).get("preprocessing")
            return {key: file.get_tensor(key) for key in file.keys()}, stated  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} cannot be read as safetensors: {error}") from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # on a damaged file, unpickling raises nearly anything
        reason = str(error).partition("\n")[0]
        raise WeightsError(f"{path} cannot be read as a PyTorch file of weights: {reason}") from error
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, Mapping):
        raise WeightsError(f"{path} holds a {type(loaded).__name__}, not a dictionary of tensors")
    return {str(key): tensor for key, tensor in loaded.items() if isinstance(tensor, Tensor)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
