"""A tiny encoder with seeded random weights, for tests: VGG-19's layer names at a thousandth of its cost."""

import hashlib
import math

import torch
from torch import Tensor

from impasto.studio.encoders.architecture import ARCHITECTURES
from impasto.studio.encoders.pooling import Pooling
from impasto.studio.encoders.vgg import TORCHVISION, VGG, Padding


def tiny_encoder(
    seed: int = 0,
    *,
    pooling: Pooling = "max",
    rescale_pooling: bool = True,
    padding: Padding = "zero",
    centered: bool = True,
) -> VGG:
    """Make an encoder of 8 to 16 channels with VGG-19's layers and torchvision's preprocessing.

    Args:
        seed: Decides the weights; the same seed gives the same ones.
        pooling: As of `VGG`.
        rescale_pooling: As of `VGG`.
        padding: As of `VGG`.
        centered: As of `VGG`.
    """
    state = _random_state(seed)
    digest = hashlib.sha256()
    for tensor in state.values():
        digest.update(tensor.numpy().tobytes())
    return VGG(
        "tiny",
        state,
        TORCHVISION,
        pooling=pooling,
        rescale_pooling=rescale_pooling,
        padding=padding,
        centered=centered,
        weights_name=f"tiny-{seed}",
        weights_sha256=digest.hexdigest(),
    )


def _random_state(seed: int) -> dict[str, Tensor]:
    """Weights after He et al. 2015, so that activations neither grow nor fade with depth; biases of 0."""
    generator = torch.Generator().manual_seed(seed)
    tiny = ARCHITECTURES["tiny"]
    state: dict[str, Tensor] = {}
    for name in tiny.conv_names:
        shape = tiny.weight_shape(name)
        fan_in = math.prod(shape[1:])
        state[f"{name}.weight"] = torch.randn(shape, generator=generator) * math.sqrt(2 / fan_in)
        state[f"{name}.bias"] = torch.zeros(shape[0])
    return state
