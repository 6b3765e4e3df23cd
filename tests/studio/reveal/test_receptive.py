"""Receptive fields against a table worked out by hand, and against gradients."""

import pytest
import torch

from impasto.errors import ConfigError
from impasto.studio.encoders import Padding, Pooling, tiny_encoder
from impasto.studio.encoders.architecture import ARCHITECTURES, ArchitectureName
from impasto.studio.reveal.receptive import Box, ReceptiveField, receptive_field, receptive_fields

# (size, stride, offset). A convolution adds two strides to the size and takes one from the offset; a pooling
# adds one stride to the size and doubles the stride.
SHARED = {
    "conv1_1": (3, 1, -1),
    "conv1_2": (5, 1, -2),
    "pool1": (6, 2, -2),
    "conv2_1": (10, 2, -4),
    "conv2_2": (14, 2, -6),
    "pool2": (16, 4, -6),
    "conv3_1": (24, 4, -10),
    "conv3_2": (32, 4, -14),
    "conv3_3": (40, 4, -18),
}
VGG16 = {
    **SHARED,
    "pool3": (44, 8, -18),
    "conv4_1": (60, 8, -26),
    "conv4_2": (76, 8, -34),
    "conv4_3": (92, 8, -42),
    "pool4": (100, 16, -42),
    "conv5_1": (132, 16, -58),
    "conv5_2": (164, 16, -74),
    "conv5_3": (196, 16, -90),
    "pool5": (212, 32, -90),
}
VGG19 = {
    **SHARED,
    "conv3_4": (48, 4, -22),
    "pool3": (52, 8, -22),
    "conv4_1": (68, 8, -30),
    "conv4_2": (84, 8, -38),
    "conv4_3": (100, 8, -46),
    "conv4_4": (116, 8, -54),
    "pool4": (124, 16, -54),
    "conv5_1": (156, 16, -70),
    "conv5_2": (188, 16, -86),
    "conv5_3": (220, 16, -102),
    "conv5_4": (252, 16, -118),
    "pool5": (268, 32, -118),
}


@pytest.mark.parametrize(("architecture", "table"), [("vgg16", VGG16), ("vgg19", VGG19), ("tiny", VGG19)])
def test_every_layer_is_as_worked_out_by_hand(
    architecture: ArchitectureName, table: dict[str, tuple[int, int, int]]
) -> None:
    found = receptive_fields(architecture)
    expected = {}
    for name, (size, stride, offset) in table.items():
        expected[name] = ReceptiveField(size=size, stride=stride, offset=offset)
        if name.startswith("conv"):
            expected[f"relu{name[4:]}"] = expected[name]
    assert found == expected
    assert list(found) == list(expected)
    assert set(ARCHITECTURES[architecture].conv_names) < set(found)
    assert all(receptive_field(architecture, name) == field for name, field in expected.items())


def seen_by(layer: str, unit: tuple[int, int], side: int, pooling: Pooling, padding: Padding) -> Box:
    """The smallest box around the pixels that the unit's gradient reaches."""
    encoder = tiny_encoder(pooling=pooling, padding=padding).double()
    image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    image.requires_grad_()
    unit_value = encoder(image, [layer])[layer][0, :, unit[0], unit[1]].sum()
    (gradient,) = torch.autograd.grad(unit_value, image)
    places = gradient[0].abs().amax(0).nonzero()
    (top, left), (bottom, right) = (bound.tolist() for bound in (places.amin(0), places.amax(0) + 1))
    return Box(top=top, left=left, bottom=bottom, right=right)


@pytest.mark.parametrize("padding", ["zero", "replicate"])
@pytest.mark.parametrize(
    ("layer", "unit"),
    [
        ("conv1_1", (7, 9)),
        ("conv1_2", (0, 46)),
        ("conv2_1", (11, 3)),
        ("conv2_2", (12, 22)),
        ("conv3_1", (0, 7)),
    ],
)
def test_gradients_fill_the_box_and_nothing_outside(
    layer: str, unit: tuple[int, int], padding: Padding
) -> None:
    # Average pooling passes the gradient on to all it looks at, so that the box is filled to its edges.
    found = seen_by(layer, unit, 48, "average", padding)
    assert found == receptive_field("tiny", layer).box(*unit).clipped(48, 48)


@pytest.mark.parametrize("layer", ["conv3_2", "relu4_1"])
def test_max_pooling_sees_nothing_outside(layer: str) -> None:
    unit = (4, 5)
    found = seen_by(layer, unit, 96, "max", "zero")
    box = receptive_field("tiny", layer).box(*unit).clipped(96, 96)
    assert box.top <= found.top < found.bottom <= box.bottom
    assert box.left <= found.left < found.right <= box.right


def test_the_box_of_a_unit_by_hand() -> None:
    box = receptive_field("vgg19", "relu4_2").box(2, 6)
    assert box == Box(top=-22, left=10, bottom=62, right=94)
    assert (box.height, box.width) == (84, 84)
    assert box.clipped(50, 60) == Box(top=0, left=10, bottom=50, right=60)
    inside = Box(top=1, left=2, bottom=3, right=4)
    assert inside.clipped(10, 10) == inside


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'conv3_4' in vgg16.*conv1_1.*pool5.*did you mean.*conv3_3"):
        receptive_field("vgg16", "conv3_4")
    with pytest.raises(ConfigError, match=r"'vgg11'.*vgg16, vgg19"):
        receptive_field("vgg11", "conv1_1")  # type: ignore[arg-type]
    field = receptive_field("vgg16", "conv1_1")
    with pytest.raises(ConfigError, match=r"\(-1, 2\).*count from 0"):
        field.box(-1, 2)
    with pytest.raises(ConfigError, match=r"columns 39 to 41 lie outside a picture of 30 x 20"):
        field.box(0, 40).clipped(20, 30)
