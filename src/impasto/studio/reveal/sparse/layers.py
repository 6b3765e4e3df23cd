"""A stack of sparse layers: each learns filters over the maps of the one below, seen through it in pixels.

Layers are learned one by one, each to reconstruct the maps below as if they were pictures of many channels
(Zeiler et al., CVPR 2010, equation 2), pooled where asked (Zeiler et al., ICCV 2011). The later paper learns
each layer to reconstruct the pixels instead, through the switches; so far that is only how layers are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.errors import ConfigError

from .codes import sparse_codes
from .model import synthesize
from .pooling import Pooling, max_pool_3d, unpool_3d


@dataclass(frozen=True, kw_only=True, eq=False)
class SparseLayer:
    """Learned filters, and how what is below becomes what they code."""

    filters: Tensor
    """(K, C, S, S)."""
    weight: float
    """Lambda they were learned with."""
    pooling: Pooling | None = None
    """How the maps below are pooled before this layer codes them; None, and for pictures, not at all."""
    scale: float = 1.0
    """What the (pooled) maps below are divided by, so that lambda means alike in every layer."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerCodes:
    """What one layer makes of its pictures."""

    maps: Tensor
    """(N, K, H', W')."""
    inputs: Tensor
    """(N, C, H, W): what the layer codes: what is below, pooled and scaled."""
    reconstruction: Tensor
    """(N, C, H, W): `inputs` as the maps make them."""
    switches: Tensor | None
    """(N, C, H, W) of the pooling below, int64; None where there is none."""
    below: tuple[int, int, int]
    """(C, H, W) of what is below, before pooling."""


def layer_inputs(below: Tensor, pooling: Pooling | None = None) -> tuple[Tensor, Tensor | None, float]:
    """Pool and scale maps, ready for the layer above to learn from.

    Args:
        below: Maps (N, K, H, W) of all pictures.
        pooling: Their neighborhoods, or None.

    Returns:
        The inputs (N, C, H, W) of root mean square 1, the switches or None, and the scale divided by.
    """
    values, switches = (below, None) if pooling is None else max_pool_3d(below, pooling)
    scale = float(values.square().mean(dtype=torch.float64).sqrt()) or 1.0
    return values / scale, switches, scale


def encode_layers(pictures: Tensor, layers: Sequence[SparseLayer], *, steps: int = 50) -> list[LayerCodes]:
    """Code pictures with the first layer, its maps with the second, and so on.

    Args:
        pictures: (N, C, H, W).
        layers: From the pixels up.
        steps: FISTA steps in each layer.

    Returns:
        The codes of each layer, from the pixels up.

    Raises:
        ConfigError: There are no layers, or a layer's filters do not fit what is below.
    """
    if not layers:
        raise ConfigError("there are 0 layers to encode with; give at least one")
    below, codes = pictures, []
    for layer in layers:
        values, switches = (below, None) if layer.pooling is None else max_pool_3d(below, layer.pooling)
        inputs = values / layer.scale
        coded = sparse_codes(inputs, layer.filters, weight=layer.weight, steps=steps)
        codes.append(
            LayerCodes(
                maps=coded.maps,
                inputs=inputs,
                reconstruction=coded.reconstruction,
                switches=switches,
                below=(below.shape[1], below.shape[2], below.shape[3]),
            )
        )
        below = coded.maps
    return codes


def project_down(maps: Tensor, layers: Sequence[SparseLayer], codes: Sequence[LayerCodes]) -> Tensor:
    """Take maps of the top layer down to pictures: filter, scale and unpool by the switches, layer by layer.

    Linear in `maps`. With the maps of `codes` itself it is the reconstruction of the pictures from the top.

    Args:
        maps: (N, K, H', W') of the last layer.
        layers: From the pixels up.
        codes: What `encode_layers` made of the same N pictures; its switches are used.

    Returns:
        Pictures (N, C, H, W).

    Raises:
        ConfigError: Numbers of layers and codes differ, or shapes do not fit.
    """
    if len(layers) != len(codes):
        raise ConfigError(f"{len(layers)} layers have codes of {len(codes)}; give one each")
    for layer, code in zip(reversed(layers), reversed(codes), strict=True):
        maps = synthesize(maps, layer.filters) * layer.scale
        if layer.pooling is not None and code.switches is not None:
            maps = unpool_3d(maps, code.switches, layer.pooling, code.below)
    return maps


def receptive_size(layers: Sequence[SparseLayer]) -> int:
    """Return the width in pixels of what one coefficient of the top layer can paint."""
    extent = 1
    for layer in reversed(layers):
        extent += layer.filters.shape[-1] - 1
        extent *= 1 if layer.pooling is None else layer.pooling.space
    return extent


def project_filters(layers: Sequence[SparseLayer], codes: Sequence[LayerCodes]) -> Tensor:
    """Show each filter of the top layer in pixels: its strongest coefficient alone, taken down.

    For each map the coefficient of largest magnitude over all pictures is kept, made positive, and projected
    with the switches of its picture (Zeiler et al. 2011, section 4).

    Args:
        layers: From the pixels up.
        codes: What `encode_layers` made of some pictures.

    Returns:
        (K, C, R, R) with R = `receptive_size(layers)`; zero for a filter that no picture uses.

    Raises:
        ConfigError: Numbers of layers and codes differ.
    """
    top, size = codes[-1].maps, receptive_size(layers)
    strongest = top.abs().transpose(0, 1).flatten(1).argmax(1)
    shown = []
    for index, place in enumerate(strongest.tolist()):
        picture, row, column = _unravel(place, (top.shape[0], top.shape[2], top.shape[3]))
        alone = torch.zeros_like(top[:1])
        alone[0, index, row, column] = top[picture, index, row, column].abs()
        pictured = [_only(code, picture) for code in codes]
        painted = project_down(alone, layers, pictured)
        up, left = (_first_pixel(at, layers) for at in (row, column))
        # What the coefficient paints may reach over the picture's border.
        padded = F.pad(painted, (size, size, size, size))
        shown.append(padded[0, :, up + size : up + 2 * size, left + size : left + 2 * size])
    return torch.stack(shown)


def _first_pixel(position: int, layers: Sequence[SparseLayer]) -> int:
    """The first row or column of the picture that a coefficient at `position` can paint; may be negative."""
    for layer in reversed(layers):
        position -= layer.filters.shape[-1] - 1
        position *= 1 if layer.pooling is None else layer.pooling.space
    return position


def _only(codes: LayerCodes, picture: int) -> LayerCodes:
    one = slice(picture, picture + 1)
    return LayerCodes(
        maps=codes.maps[one],
        inputs=codes.inputs[one],
        reconstruction=codes.reconstruction[one],
        switches=None if codes.switches is None else codes.switches[one],
        below=codes.below,
    )


def _unravel(place: int, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    picture, rest = divmod(place, shape[1] * shape[2])
    row, column = divmod(rest, shape[2])
    return picture, row, column
