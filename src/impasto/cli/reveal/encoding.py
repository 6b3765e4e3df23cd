"""The flags that say through which network is looked, and the pictures brought to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cyclopts import Parameter

from impasto.cli.place import Place
from impasto.studio.device import Device

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.cli.report import Report
    from impasto.studio.encoders import VGG


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Encoding:
    """Through which network is looked, and where."""

    weights: Place = "vgg19-original"
    """Encoder: vgg19-original, vgg19-torchvision, vgg16-torchvision, or a .pth or .safetensors file."""

    device: Device = "auto"
    """Where to compute."""

    def load(self, report: Report) -> VGG:
        """Load the network, with the max pooling that it was trained with.

        Args:
            report: Told of the download of weights.

        Raises:
            ImpastoError: For weights or a device that cannot be used.
        """
        from impasto.studio.reveal import load_network

        return load_network(self.weights, self.device, on_progress=report.download)


def read_photo(path: str, size: int, max_pixels: int, encoder: VGG) -> Tensor:
    """Read a photo and bring it to the network.

    Args:
        path: A picture file, or `-`.
        size: Its longest side afterwards, in pixels.
        max_pixels: The most pixels that the file may have.
        encoder: The network; the photo goes to its device.

    Returns:
        (1, 3, H, W) sRGB in [0, 1].

    Raises:
        ImageError: The picture cannot be read, or is too large.
        ConfigError: `size` is below 1.
    """
    from impasto.image import fit_size, read_image, resize
    from impasto.studio.pixels import to_tensor

    picture = read_image(path, max_pixels=max_pixels)
    return to_tensor(resize(picture.pixels, fit_size(picture.size, size))).to(encoder.mean.device)
