"""Learn a stack of sparse layers from photos, one layer after the other (Zeiler et al. 2010, 2011)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .layers import LayerCodes, SparseLayer, layer_inputs, project_down
from .learn import DictionaryLearner, SparseConfig, SparseProgress
from .model import psnr
from .normalize import local_contrast_normalize
from .pooling import Pooling


@dataclass(frozen=True, kw_only=True)
class StackProgress:
    """A round of learning is done."""

    layer: int
    """The layer that learns; 1 is over the pixels."""
    round: SparseProgress
    """How far it is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """Layers of filters, and the photos that they were learned from."""

    photos: Tensor
    """(N, 1, H, W) in [0, 1]."""
    pictures: Tensor
    """(N, 1, H, W), the photos of zero local mean and unit local contrast: what the first layer codes."""
    layers: tuple[SparseLayer, ...]
    """From the pixels up."""
    codes: tuple[LayerCodes, ...]
    """Of all photos in each layer, as they were learned."""

    def reconstruction(self, depth: int) -> Tensor:
        """Return `pictures` (N, 1, H, W) as the codes of layer `depth`, counted from 1, make them."""
        return project_down(self.codes[depth - 1].maps, self.layers[:depth], self.codes[:depth])

    def psnr(self, depth: int, photo: int | None = None) -> float:
        """Return the PSNR of a reconstruction in decibels, over all photos or of one."""
        which = slice(None) if photo is None else slice(photo, photo + 1)
        return psnr(self.reconstruction(depth)[which], self.pictures[which])

    def sparsity(self, depth: int, photo: int | None = None) -> float:
        """Return the share of a layer's coefficients that are zero, over all photos or of one."""
        maps = self.codes[depth - 1].maps
        maps = maps if photo is None else maps[photo : photo + 1]
        return 1 - int(torch.count_nonzero(maps)) / maps.numel()


def learn_stack(
    photos: Tensor, configs: Sequence[SparseConfig], pooling: Pooling | None = None
) -> Iterator[StackProgress | Stack]:
    """Learn layers from the pixels up, each to reconstruct the maps of the one below.

    Args:
        photos: Gray photos (N, 1, H, W) in [0, 1], such as `read_photos` gives.
        configs: How each layer is learned, from the pixels up; at least one.
        pooling: How maps are pooled between layers; None for not at all.

    Yields:
        `StackProgress` after each round, and last the `Stack`.

    Raises:
        ConfigError: What a layer codes is smaller than its filters, or does not fit its settings.
    """
    pictures = local_contrast_normalize(photos).values
    layers: list[SparseLayer] = []
    codes: list[LayerCodes] = []
    for number, config in enumerate(configs, 1):
        inputs, switches, scale, between = pictures, None, 1.0, None
        if codes:
            between = pooling
            inputs, switches, scale = layer_inputs(codes[-1].maps, between)
        learner = DictionaryLearner(inputs, config)
        for event in learner.events():
            if event.stage == "filters":
                yield StackProgress(layer=number, round=event)
        layers.append(
            SparseLayer(filters=learner.filters, weight=config.weight, pooling=between, scale=scale)
        )
        below = codes[-1].maps if codes else pictures
        codes.append(replace(_codes_of(learner, inputs, below), switches=switches))
    yield Stack(photos=photos, pictures=pictures, layers=tuple(layers), codes=tuple(codes))


def _codes_of(learner: DictionaryLearner, inputs: Tensor, below: Tensor) -> LayerCodes:
    return LayerCodes(
        maps=learner.maps,
        inputs=inputs,
        reconstruction=learner.reconstruction,
        switches=None,
        below=(below.shape[1], below.shape[2], below.shape[3]),
    )
