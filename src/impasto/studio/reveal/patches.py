"""The patches that excite a channel most, over many pictures, each with what in it did.

Zeiler & Fergus 2014, figure 2: the nine largest activations of a feature map over a set of pictures,
projected down to pixels, beside the parts of the pictures that they come from.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.color import mean_color
from impasto.studio.reveal.deconvnet import Activations, Deconvnet, isolate, strongest_unit
from impasto.studio.reveal.receptive import Box, receptive_field


@dataclass(frozen=True, kw_only=True)
class Patch:
    """The place in a picture where a channel is strongest; its tensors are on the CPU."""

    picture: str
    """Name of the picture."""
    channel: int
    """The channel."""
    activation: float
    """What the unit gave, above 0."""
    unit: tuple[int, int]
    """Row and column of the unit in the feature map."""
    box: Box
    """Its receptive field, which may leave the picture."""
    visible: Box
    """The part of `box` that is in the picture."""
    image: Tensor
    """The picture in `box`, (3, size, size) sRGB in [0, 1]; the encoder's mean color beyond the edge."""
    pattern: Tensor
    """What the unit projects to in `box`, (3, size, size) RGB of both signs; 0 beyond the edge."""


class TopPatches:
    """The strongest patches of some channels so far; each picture gives a channel one patch at most.

    Memory does not grow with the number of pictures: `count` patches per channel are kept, and no picture.

    Args:
        deconvnet: The network.
        layer: A layer of its encoder, such as `relu4_2`.
        channels: The channels to look at, such as `strongest_channels` gives.
        count: How many patches to keep of each channel.

    Raises:
        ConfigError: A layer or channel that does not exist, a channel named twice or none at all, or a count
            below 1.
    """

    def __init__(self, deconvnet: Deconvnet, layer: str, channels: Sequence[int], *, count: int = 9) -> None:
        have = deconvnet.encoder.channels(layer)
        if not channels or len(set(channels)) < len(channels) or not set(channels) <= set(range(have)):
            raise ConfigError(
                f"channels is {list(channels)}, but must name at least one of 0 to {have - 1}, each once"
            )
        if count < 1:
            raise ConfigError(f"count is {count}, but at least 1 patch of each channel must be kept")
        self.deconvnet = deconvnet
        self.layer = layer
        self.count = count
        self._field = receptive_field(deconvnet.encoder.architecture.name, layer)
        self._best: dict[int, list[Patch]] = {channel: [] for channel in channels}

    @property
    def best(self) -> dict[int, tuple[Patch, ...]]:
        """For each channel its patches so far, strongest first; of equals, the one seen first."""
        return {channel: tuple(patches) for channel, patches in self._best.items()}

    def see(self, name: str, image: Tensor) -> int:
        """Look at one picture.

        A channel that nothing in it excites (an activation of 0 or below) takes no patch from it.

        Args:
            name: What the picture is called.
            image: The picture, (1, 3, H, W), floating point, sRGB in [0, 1].

        Returns:
            In how many channels it is now among the best.

        Raises:
            ConfigError: `image` is not one picture of floats.
            ImageTooSmallError: Nothing would be left of the picture at the layer.
        """
        if image.ndim == 4 and len(image) != 1:
            raise ConfigError(f"{name} holds {len(image)} pictures; give them one by one, as (1, 3, H, W)")
        activations = self.deconvnet.forward(image, self.layer)
        taken = 0
        for channel, patches in self._best.items():
            strength = float(activations.maps[0, channel].amax())
            if not strength > 0 or (len(patches) == self.count and strength <= patches[-1].activation):
                continue
            patches.append(self._patch(name, image, activations, channel))
            patches.sort(key=lambda patch: -patch.activation)
            del patches[self.count :]
            taken += 1
        return taken

    def _patch(self, name: str, image: Tensor, activations: Activations, channel: int) -> Patch:
        row, column = strongest_unit(activations.maps, channel)
        box = self._field.box(row, column)
        visible = box.clipped(image.shape[2], image.shape[3])
        pattern = self.deconvnet.project(activations, isolate(activations.maps, channel, "patch"))
        gray = mean_color(self.deconvnet.encoder)[0]
        return Patch(
            picture=name,
            channel=channel,
            activation=float(activations.maps[0, channel, row, column]),
            unit=(row, column),
            box=box,
            visible=visible,
            image=_cut(image[0], box, visible, gray),
            pattern=_cut(pattern[0], box, visible, gray.new_zeros(3, 1, 1)),
        )


def top_patches(
    deconvnet: Deconvnet,
    pictures: Iterable[tuple[str, Tensor]],
    layer: str,
    channels: Sequence[int],
    *,
    count: int = 9,
    on_picture: Callable[[int, str], None] | None = None,
) -> dict[int, tuple[Patch, ...]]:
    """Find the patches of many pictures that excite each of some channels most.

    Pictures are taken one at a time, and none is kept: they may be read from files as they are asked for.

    Args:
        deconvnet: The network.
        pictures: Names and pictures, (1, 3, H, W), floating point, sRGB in [0, 1]; sizes may differ.
        layer: A layer of the encoder, such as `relu4_2`.
        channels: The channels to look at.
        count: How many patches to keep of each channel, each from another picture.
        on_picture: Called after each picture, with how many have been seen and this one's name.

    Returns:
        For each channel its patches, strongest first; fewer where fewer pictures excite it.

    Raises:
        ConfigError: As `TopPatches`, or a picture of another shape.
        ImageTooSmallError: Nothing would be left of a picture at the layer.
    """
    found = TopPatches(deconvnet, layer, channels, count=count)
    for seen, (name, image) in enumerate(pictures, 1):
        found.see(name, image)
        if on_picture:
            on_picture(seen, name)
    return found.best


def _cut(pixels: Tensor, box: Box, visible: Box, beyond: Tensor) -> Tensor:
    """Copy a box out of pixels (3, H, W), to the CPU, filled up with the color `beyond` (3, 1, 1)."""
    patch = beyond.to(pixels).expand(3, box.height, box.width).clone()
    rows = slice(visible.top - box.top, visible.bottom - box.top)
    columns = slice(visible.left - box.left, visible.right - box.left)
    patch[:, rows, columns] = pixels[:, visible.top : visible.bottom, visible.left : visible.right]
    return patch.detach().cpu()
