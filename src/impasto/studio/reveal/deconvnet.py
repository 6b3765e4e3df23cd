"""The deconvnet: what in a picture has excited a unit, by running the network backwards.

Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 2.1. Unlike a
gradient, it rectifies what comes down, and not where the forward ReLU was off.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.errors import ConfigError
from impasto.studio.encoders import VGG
from impasto.studio.encoders.architecture import block_of, kind_of

Strength = Literal["mean", "max"]
Part = Literal["patch", "map"]


@dataclass(frozen=True, kw_only=True)
class Activations:
    """What a layer gave, and the way that the largest values took through the poolings to it."""

    layer: str
    """Name of the layer."""
    maps: Tensor
    """Its feature maps, (N, C, h, w)."""
    switches: tuple[Tensor, ...]
    """For each pooling before it, where its largest values were, row * width + column: (N, C, h, w)."""
    sizes: tuple[tuple[int, int], ...]
    """Height and width of the maps of each block, the layer's own last; the first is the picture's."""


@dataclass(frozen=True)
class _Window:
    """A part of a map that holds all that is not zero, (N, C, h, w), and where it begins."""

    values: Tensor
    top: int
    left: int


class Deconvnet:
    """A VGG with max pooling, run backwards.

    Args:
        encoder: The network; it is used as it is, not copied.

    Raises:
        ConfigError: The encoder's pooling is not max: other poolings have no switches.
    """

    def __init__(self, encoder: VGG) -> None:
        if encoder.pooling != "max":
            raise ConfigError(
                f"the encoder's pooling is {encoder.pooling!r}, but only max pooling has switches; "
                f"load the encoder with pooling='max'"
            )
        self.encoder = encoder

    @torch.no_grad()
    def forward(self, image: Tensor, layer: str) -> Activations:
        """Encode pictures, and record the switches.

        Args:
            image: Pictures, (N, 3, H, W), floating point, sRGB in [0, 1].
            layer: A layer of the encoder, such as `relu4_2`.

        Raises:
            ConfigError: A layer that does not exist, or an image that is not (N, 3, H, W) of floats.
            ImageTooSmallError: Nothing would be left of the picture at the layer.
        """
        self.encoder.channels(layer)  # says so where there is no such layer
        depths = self.encoder.architecture.depths[: block_of(layer) - 1]
        ends = [f"relu{block}_{depth}" for block, depth in enumerate(depths, 1)]
        found = self.encoder(image, [*ends, layer])
        # Pooled a second time, which costs little, so that what runs is the encoder itself.
        pooled = [F.max_pool2d(found[end], 2, return_indices=True) for end in ends]
        shapes = [found[name].shape for name in (*ends, layer)]
        return Activations(
            layer=layer,
            maps=found[layer],
            switches=tuple(switches for _, switches in pooled),
            sizes=tuple((shape[2], shape[3]) for shape in shapes),
        )

    @torch.no_grad()
    def project(self, activations: Activations, signal: Tensor, *, rectify: bool = True) -> Tensor:
        """Send a signal from a layer down to the pixels.

        Down through each layer: unpool with the switches, rectify, apply the transposed filters (no bias).
        Only the part of each map that the signal can reach is worked on; the rest of the result is 0.

        Args:
            activations: What `forward` gave.
            signal: Of the shape of `activations.maps`, zero but for what is asked about (see `isolate`).
            rectify: False leaves the ReLUs out, so that what is sent down is linear in `signal`.

        Returns:
            A signal, not a picture, (N, 3, H, W) in RGB, of both signs: preprocessing is transposed like any
            layer (channel order back, times scale and over deviation, no mean).

        Raises:
            ConfigError: `signal` has another shape.
        """
        if signal.shape != activations.maps.shape:
            raise ConfigError(
                f"the signal has shape {tuple(signal.shape)}, but {activations.layer} has "
                f"{tuple(activations.maps.shape)}; make it with isolate(activations.maps, channel)"
            )
        height, width = activations.sizes[0]
        pixels = signal.new_zeros(len(signal), 3, height, width)
        window = _part_that_counts(signal)
        if window is None:
            return pixels
        window = self._down(activations, window, rectify)
        (_, _, tall, wide) = window.values.shape
        found = self._transposed_preprocessing(window.values)
        pixels[:, :, window.top : window.top + tall, window.left : window.left + wide] = found
        return pixels

    def _down(self, activations: Activations, window: _Window, rectify: bool) -> _Window:
        """Send what a window holds down through all layers, to what the first convolution took."""
        names = self.encoder.architecture.conv_names
        layer = activations.layer
        passed = kind_of(layer) == "relu"  # a convolution's own output has not been through a ReLU
        for name in reversed(names[: names.index(f"conv{layer[4:]}") + 1]):
            block = block_of(name)
            if rectify and passed:
                window = replace(window, values=F.relu(window.values))
            passed = True
            window = self._filter(name, window, activations.sizes[block - 1])
            if name.endswith("_1") and block > 1:
                window = _unpool(window, activations.switches[block - 2], activations.sizes[block - 2][1])
        return window

    def _filter(self, name: str, window: _Window, size: tuple[int, int]) -> _Window:
        """Apply a convolution's transpose, and of its padding; what falls beside the map is cut off."""
        weight = self.encoder.convs[name].get_parameter("weight")
        values = F.conv_transpose2d(window.values.to(weight.dtype), weight)
        places = [window.top - 1, window.left - 1]
        for axis, whole in enumerate(size):
            dim, first = axis + 2, places[axis]
            before, beyond = int(first < 0), int(first + values.shape[dim] > whole)
            inside = values.narrow(dim, before, values.shape[dim] - before - beyond)
            if self.encoder.padding == "replicate":  # what the copies of a border got belongs to the border
                inside = inside.clone()
                if before:
                    inside.select(dim, 0).add_(values.select(dim, 0))
                if beyond:
                    inside.select(dim, -1).add_(values.select(dim, -1))
            values, places[axis] = inside, first + before
        return _Window(values, *places)

    def _transposed_preprocessing(self, values: Tensor) -> Tensor:
        preprocessing = self.encoder.preprocessing
        values = values * preprocessing.scale
        if self.encoder.centered:
            values = values / self.encoder.std
        return values.flip(1) if preprocessing.order == "BGR" else values


def strongest_channels(maps: Tensor, top: int, by: Strength = "mean") -> list[int]:
    """Give the channels that respond most, over all pictures and positions.

    Args:
        maps: Feature maps, (N, C, h, w).
        top: How many, 1 to C.
        by: `mean` ranks by the mean activation, `max` by the largest.

    Returns:
        Their indices, strongest first; of equals, the lower index first.

    Raises:
        ConfigError: `top` is out of range, or `by` is neither.
    """
    channels = maps.shape[1]
    if not 1 <= top <= channels:
        raise ConfigError(f"top is {top}, but must be from 1 to {channels}, the channels that the layer has")
    if by not in get_args(Strength):
        raise ConfigError(f"by is {by!r}, but must be one of {', '.join(get_args(Strength))}")
    strength = maps.mean((0, 2, 3)) if by == "mean" else maps.amax((0, 2, 3))
    ranked: list[int] = strength.sort(descending=True, stable=True).indices[:top].tolist()
    return ranked


def strongest_unit(maps: Tensor, channel: int) -> tuple[int, int]:
    """Give row and column of a channel's largest activation in one picture.

    Args:
        maps: Feature maps of one picture, (1, C, h, w).
        channel: A channel, 0 to C - 1.

    Raises:
        ConfigError: There is no such channel, or there are several pictures.
    """
    if len(maps) != 1:
        raise ConfigError(f"maps of {len(maps)} pictures have no one strongest unit; give them one by one")
    check_channel(maps, channel)
    row, column = divmod(int(maps[0, channel].argmax()), maps.shape[3])
    return row, column


def isolate(maps: Tensor, channel: int, part: Part = "patch") -> Tensor:
    """Zero all but one channel, or all but its strongest position.

    Args:
        maps: Feature maps, (N, C, h, w).
        channel: The channel kept, 0 to C - 1.
        part: `patch` keeps the one strongest position in each picture, `map` the whole channel.

    Returns:
        A signal for `Deconvnet.project`, (N, C, h, w).

    Raises:
        ConfigError: There is no such channel, or `part` is neither.
    """
    check_channel(maps, channel)
    if part not in get_args(Part):
        raise ConfigError(f"part is {part!r}, but must be one of {', '.join(get_args(Part))}")
    signal = torch.zeros_like(maps)
    kept, into = maps[:, channel].flatten(1), signal[:, channel]
    if part == "patch":
        places = kept.argmax(1, keepdim=True)
        kept = torch.zeros_like(kept).scatter(1, places, kept.gather(1, places))
    into.copy_(kept.view_as(into))
    return signal


def check_channel(maps: Tensor, channel: int) -> None:
    """Refuse a channel that maps (N, C, h, w) do not have.

    Raises:
        ConfigError: `channel` is not from 0 to C - 1.
    """
    if not 0 <= channel < maps.shape[1]:
        raise ConfigError(f"channel is {channel}, but the layer has 0 to {maps.shape[1] - 1}")


def _part_that_counts(signal: Tensor) -> _Window | None:
    """Cut a signal (N, C, h, w) down to what is not zero in any picture; None where all is."""
    places = (signal != 0).any(0).any(0).nonzero()
    if len(places) == 0:
        return None
    (top, left), (last_row, last_column) = places.amin(0).tolist(), places.amax(0).tolist()
    return _Window(signal[:, :, top : last_row + 1, left : last_column + 1], top, left)


def _unpool(window: _Window, switches: Tensor, width: int) -> _Window:
    """Put each value back where its pooling took it from; `width` is of the map before the pooling."""
    height, across = window.values.shape[2:]
    part = switches[:, :, window.top : window.top + height, window.left : window.left + across]
    top, left, wide = 2 * window.top, 2 * window.left, 2 * across
    within = (part // width - top) * wide + part % width - left
    values = F.max_unpool2d(window.values, within, [2, 2], output_size=(2 * height, wide))
    return _Window(values, top, left)
