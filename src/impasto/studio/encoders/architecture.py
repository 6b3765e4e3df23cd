"""The three shapes of VGG that impasto knows, and the names of their layers.

Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015,
table 1, configurations D (VGG-16) and E (VGG-19). The fully connected layers are never run.
"""

from dataclasses import dataclass
from typing import Literal

ArchitectureName = Literal["vgg16", "vgg19", "tiny"]


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Five blocks of 3x3 convolutions, each followed by a ReLU, with a 2x2 pooling between blocks."""

    name: ArchitectureName
    depths: tuple[int, int, int, int, int]
    """How many convolutions each block has."""
    widths: tuple[int, int, int, int, int]
    """How many channels each block's convolutions give."""

    @property
    def conv_names(self) -> tuple[str, ...]:
        """`conv1_1`, `conv1_2`, `conv2_1`, ... in depth order."""
        return tuple(f"conv{b}_{i}" for b, depth in enumerate(self.depths, 1) for i in range(1, depth + 1))

    def weight_shape(self, conv: str) -> tuple[int, int, int, int]:
        """Shape of a convolution's weight, (out, in, 3, 3)."""
        block = block_of(conv)
        first_of_block = conv.endswith("_1")
        before = self.widths[block - 1 - first_of_block] if conv != "conv1_1" else 3
        return self.widths[block - 1], before, 3, 3

    def torchvision_index(self, conv: str) -> int:
        """Where torchvision keeps a convolution: the N of `features.N` in its flat list."""
        position = self.conv_names.index(conv)
        return 2 * position + block_of(conv) - 1  # a ReLU after each convolution, a pooling after each block


def block_of(layer: str) -> int:
    """Block of a layer, from 1 to 5: `relu4_2` is in block 4."""
    return int(layer[4])


def kind_of(layer: str) -> str:
    """`conv` or `relu`."""
    return layer[:4]


ARCHITECTURES: dict[str, Architecture] = {
    "vgg16": Architecture(name="vgg16", depths=(2, 2, 3, 3, 3), widths=(64, 128, 256, 512, 512)),
    "vgg19": Architecture(name="vgg19", depths=(2, 2, 4, 4, 4), widths=(64, 128, 256, 512, 512)),
    # VGG-19's layers, so that every recipe runs on it, with few channels, so that a test does.
    "tiny": Architecture(name="tiny", depths=(2, 2, 4, 4, 4), widths=(8, 12, 16, 16, 16)),
}
