"""Losses that can be compared across photos and paintings: VGG-19, original weights, in units of their own.

Content: the mean square of the difference of features, relative to that of the photo's own features; 0 for
the photo itself, about 1 for an empty picture. Style: |G - A|^2 / |A|^2 of Gram matrices by positions, with A
the painting's; 0 for its style, about 1 for an empty picture. Both are weighted means over layers.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impasto.image import fit_size, read_image, resize
from impasto.studio.encoders import load_encoder
from impasto.studio.losses import content_loss, gram_matrix
from impasto.studio.pixels import to_tensor

Bytes = NDArray[np.uint8]
Terms = dict[str, float]

CONTENT = {"relu2_2": 0.3, "relu3_3": 0.7}
STYLE = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
WEIGHT = 10.0
"""Of style in the total, with the content loss at 1; about what a base is trained with."""

SIZE = 512
"""Longest side of photos and of paintings."""


class Judge:
    """Measures pictures, on one device."""

    def __init__(self, device: str = "cpu", weights: str = "vgg19-original", size: int = SIZE) -> None:
        self.device, self.size = torch.device(device), size
        encoder = load_encoder(weights).requires_grad_(requires_grad=False)
        self.encoder = encoder.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def read(self, path: Path) -> Bytes:
        """Read a picture at the size that is measured, in levels of 8 bits."""
        return read_levels(path, self.size)

    def image(self, levels: Bytes) -> Tensor:
        """Return a picture as the encoder takes it, (1, 3, H, W)."""
        return as_image(levels).to(self.device)

    @torch.no_grad()
    def target(self, painting: Path) -> dict[str, Tensor]:
        """Return the Gram matrices of a painting by layer."""
        seen = self.encoder(self.image(self.read(painting)), set(STYLE))
        return {layer: gram_matrix(seen[layer], normalize="positions") for layer in STYLE}

    @torch.no_grad()
    def look(self, levels: Bytes) -> dict[str, Tensor]:
        """Return the features that content is compared by, of a photo."""
        seen: dict[str, Tensor] = self.encoder(self.image(levels), set(CONTENT))
        return seen

    def terms(
        self, image: Tensor, look: Mapping[str, Tensor], target: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the unweighted losses of an image by layer, `content/relu3_3` and so on."""
        seen = self.encoder(image, {*CONTENT, *STYLE})
        found = {
            f"content/{layer}": content_loss(seen[layer], look[layer]) / look[layer].square().mean()
            for layer in CONTENT
        }
        for layer in STYLE:
            gram = gram_matrix(seen[layer], normalize="positions")
            found[f"style/{layer}"] = (gram - target[layer]).square().sum() / target[layer].square().sum()
        return found

    @torch.no_grad()
    def measure(self, levels: Bytes, look: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> Terms:
        """Return the same of a finished picture, as numbers."""
        return {name: term.item() for name, term in self.terms(self.image(levels), look, target).items()}


def weights() -> dict[str, float]:
    """Return what each term counts in the total."""
    content = {f"content/{layer}": weight for layer, weight in CONTENT.items()}
    return {**content, **{f"style/{layer}": WEIGHT / len(STYLE) for layer in STYLE}}


def summed(terms: Mapping[str, float]) -> Terms:
    """Return content, style and total of unweighted terms."""
    parts = {name: weight * terms[name] for name, weight in weights().items()}
    content = sum(part for name, part in parts.items() if name.startswith("content/"))
    style = sum(part for name, part in parts.items() if name.startswith("style/")) / WEIGHT
    return {"content": content, "style": style, "total": content + WEIGHT * style}


def as_image(levels: Bytes) -> Tensor:
    """Turn (H, W, 3) levels into (1, 3, H, W) in [0, 1]."""
    return to_tensor(levels.astype(np.float32) / np.float32(255))


def read_levels(path: Path, longest: int) -> Bytes:
    """Read a picture at that size, in levels of 8 bits."""
    pixels = read_image(path).pixels
    return to_levels(resize(pixels, fit_size(pixels.shape[:2], longest)))


def to_levels(pixels: NDArray[np.float32]) -> Bytes:
    """Round pixels in [0, 1] to levels."""
    return np.rint(255 * pixels).astype(np.uint8)


def spread(folder: Path, limit: int | None) -> list[Path]:
    """Return so many pictures of a folder, spread over its names, or all of them."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if limit is None or limit >= len(paths):
        return paths
    return paths[:: len(paths) // limit][:limit]
