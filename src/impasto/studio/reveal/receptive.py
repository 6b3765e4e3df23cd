"""Receptive fields: which pixels of the picture a unit of a VGG layer can see.

The rule that sizes and strides go by is the one in Dumoulin & Visin 2016, "A guide to convolution arithmetic
for deep learning": a kernel of k widens the field by (k - 1) strides, padding moves it back by as many.
"""

import difflib
from dataclasses import dataclass

from impasto.errors import ConfigError
from impasto.studio.encoders.architecture import ARCHITECTURES, ArchitectureName, block_of


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle of pixels, half-open: rows `top` to `bottom - 1`, columns `left` to `right - 1`."""

    top: int
    """First row; negative above the picture."""
    left: int
    """First column; negative left of the picture."""
    bottom: int
    """The row after the last."""
    right: int
    """The column after the last."""

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    def clipped(self, height: int, width: int) -> "Box":
        """Cut off what lies outside a picture.

        Args:
            height: Rows of the picture.
            width: Columns of the picture.

        Raises:
            ConfigError: The box and the picture have no pixel in common.
        """
        top, bottom = max(self.top, 0), min(self.bottom, height)
        left, right = max(self.left, 0), min(self.right, width)
        if top >= bottom or left >= right:
            raise ConfigError(
                f"rows {self.top} to {self.bottom - 1}, columns {self.left} to {self.right - 1} lie outside "
                f"a picture of {width} x {height} pixels; choose a unit that its feature map has"
            )
        return Box(top=top, left=left, bottom=bottom, right=right)


@dataclass(frozen=True, kw_only=True)
class ReceptiveField:
    """What the units of a layer see of the picture; the same along both sides."""

    size: int
    """Pixels along a side."""
    stride: int
    """Pixels from one unit's field to the next one's."""
    offset: int
    """First row (or column) of the field of unit (0, 0): negative, as padding surrounds the picture."""

    def box(self, row: int, column: int) -> Box:
        """Give the pixels that a unit sees, also those beyond the picture's edge (see `Box.clipped`).

        Args:
            row: Row of the unit in its feature map, from 0.
            column: Column of the unit in its feature map, from 0.

        Raises:
            ConfigError: `row` or `column` is negative.
        """
        if min(row, column) < 0:
            raise ConfigError(f"unit ({row}, {column}) is not valid; rows and columns count from 0")
        top, left = (self.offset + place * self.stride for place in (row, column))
        return Box(top=top, left=left, bottom=top + self.size, right=left + self.size)

    def after(self, *, kernel: int, stride: int = 1, padding: int = 0) -> "ReceptiveField":
        """Give the field of a layer that looks at this one through a window.

        Args:
            kernel: Units that the window has along a side.
            stride: Units from one window to the next.
            padding: Units added around the map.
        """
        return ReceptiveField(
            size=self.size + (kernel - 1) * self.stride,
            stride=self.stride * stride,
            offset=self.offset - padding * self.stride,
        )


PIXEL = ReceptiveField(size=1, stride=1, offset=0)
"""The picture's own pixels, before any layer."""


def receptive_fields(architecture: ArchitectureName) -> dict[str, ReceptiveField]:
    """Give the receptive field of every layer, `pool1` to `pool5` too.

    Args:
        architecture: `vgg16`, `vgg19` or `tiny` (which has VGG-19's).

    Returns:
        Fields by name in depth order: `conv1_1`, `relu1_1`, `conv1_2`, `relu1_2`, `pool1`, `conv2_1`, ...

    Raises:
        ConfigError: There is no such architecture.
    """
    if architecture not in ARCHITECTURES:
        raise ConfigError(f"architecture is {architecture!r}, but must be one of {', '.join(ARCHITECTURES)}")
    shape = ARCHITECTURES[architecture]
    fields: dict[str, ReceptiveField] = {}
    field = PIXEL
    for conv in shape.conv_names:
        field = field.after(kernel=3, padding=1)
        fields[conv] = fields[f"relu{conv[4:]}"] = field
        block = block_of(conv)
        if conv == f"conv{block}_{shape.depths[block - 1]}":
            field = fields[f"pool{block}"] = field.after(kernel=2, stride=2)
    return fields


def receptive_field(architecture: ArchitectureName, layer: str) -> ReceptiveField:
    """Give the receptive field of one layer.

    It is what a unit can see, with zero padding or replicated borders, whatever the weights and pooling.
    How much it heeds falls off towards the edges (Luo et al. 2016).

    Args:
        architecture: `vgg16`, `vgg19` or `tiny`.
        layer: A name such as `conv4_2`, `relu4_2` or `pool4`.

    Raises:
        ConfigError: There is no such architecture or layer.
    """
    fields = receptive_fields(architecture)
    if layer not in fields:
        names = list(fields)
        close = difflib.get_close_matches(layer, names, n=3, cutoff=0.75)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise ConfigError(
            f"no layer {layer!r} in {architecture}: there are {names[0]}, {names[1]} ... {names[-1]}{hint}"
        )
    return fields[layer]
