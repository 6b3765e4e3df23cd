"""A VGG's layers in figures: shapes, kernels, parameters, multiply-adds, receptive fields; no weights needed.

Simonyan & Zisserman 2015, tables 1 and 2. Its fully connected layers are counted as the convolutions that
they are when the network is applied densely (section 3.2): fc6 is 7 x 7, fc7 and fc8 are 1 x 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from impasto.errors import ConfigError, ImageTooSmallError
from impasto.studio.encoders.architecture import ARCHITECTURES, ArchitectureName
from impasto.studio.reveal.receptive import ReceptiveField, receptive_fields

LayerKind = Literal["conv", "pool", "fc"]

CLASSIFIER = (("fc6", 7, 4096), ("fc7", 1, 4096), ("fc8", 1, 1000))
"""Name, kernel and channels of the layers that tell ImageNet's 1000 classes apart."""


@dataclass(frozen=True, kw_only=True)
class LayerFigures:
    """One layer; each convolution, and fc6 and fc7, has a ReLU after it that changes none of the figures."""

    name: str
    """`conv1_1`, ..., `pool1`, ..., `fc6`, `fc7`, `fc8`."""
    kind: LayerKind
    """Convolution, 2 x 2 pooling or fully connected."""
    shape: tuple[int, int, int]
    """Channels, height and width of what it gives for one picture."""
    kernel: int
    """Side of its window, in units of the layer before."""
    stride: int
    """From one window to the next, in units of the layer before."""
    parameters: int
    """Weights and biases."""
    multiply_adds: int
    """Multiplications, each with an addition, for one picture; poolings, biases and ReLUs have none."""
    field: ReceptiveField
    """What a unit sees of the picture."""


@dataclass(frozen=True, kw_only=True)
class NetworkFigures:
    """All layers of a network, and their sums."""

    architecture: ArchitectureName
    """Which network."""
    size: tuple[int, int]
    """Height and width of the picture that shapes and multiply-adds are for."""
    layers: tuple[LayerFigures, ...]
    """In depth order."""

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of all layers, for one picture."""
        return sum(layer.multiply_adds for layer in self.layers)


def network_figures(
    architecture: ArchitectureName, size: tuple[int, int] = (224, 224), *, classifier: bool = False
) -> NetworkFigures:
    """Count what a network has and does.

    Args:
        architecture: `vgg16`, `vgg19` or `tiny`.
        size: Height and width of the picture; 224 x 224 is what the networks were trained on.
        classifier: Count the fully connected layers too; `tiny` has none. An encoder runs neither
            them nor `pool5`.

    Raises:
        ConfigError: There is no such architecture, or it has no classifier.
        ImageTooSmallError: Nothing would be left of the picture at the last layer.
    """
    fields = receptive_fields(architecture)
    if classifier and architecture == "tiny":
        raise ConfigError(
            "architecture is 'tiny', which has no classifier; choose vgg16 or vgg19, or do without"
        )
    least = 7 * 32 if classifier else 32
    if min(size) < least:
        raise ImageTooSmallError(
            f"a picture of {size[1]} x {size[0]} pixels is too small for the last layer of {architecture}: "
            f"its shorter side must have at least {least}"
        )
    layers = list(_features(architecture, size, fields))
    if classifier:
        layers.extend(_classifier(layers[-1]))
    return NetworkFigures(architecture=architecture, size=size, layers=tuple(layers))


def _features(
    architecture: ArchitectureName, size: tuple[int, int], fields: dict[str, ReceptiveField]
) -> Iterator[LayerFigures]:
    shape = (3, *size)
    for name, field in fields.items():
        if name.startswith("conv"):
            out = ARCHITECTURES[architecture].weight_shape(name)[0]
            layer = _convolution(name, "conv", shape, kernel=3, padding=1, out=out, field=field)
        elif name.startswith("pool"):
            layer = LayerFigures(
                name=name,
                kind="pool",
                shape=(shape[0], shape[1] // 2, shape[2] // 2),
                kernel=2,
                stride=2,
                parameters=0,
                multiply_adds=0,
                field=field,
            )
        else:
            continue
        yield layer
        shape = layer.shape


def _classifier(last: LayerFigures) -> Iterator[LayerFigures]:
    for name, kernel, out in CLASSIFIER:
        field = last.field.after(kernel=kernel)
        last = _convolution(name, "fc", last.shape, kernel=kernel, padding=0, out=out, field=field)
        yield last


def _convolution(
    name: str,
    kind: LayerKind,
    before: tuple[int, int, int],
    *,
    kernel: int,
    padding: int,
    out: int,
    field: ReceptiveField,
) -> LayerFigures:
    height, width = (side + 2 * padding - kernel + 1 for side in before[1:])
    weights = out * before[0] * kernel * kernel
    return LayerFigures(
        name=name,
        kind=kind,
        shape=(out, height, width),
        kernel=kernel,
        stride=1,
        parameters=weights + out,
        multiply_adds=weights * height * width,
        field=field,
    )
