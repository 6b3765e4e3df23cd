"""Photos as encoders and networks take them, for the scripts that measure those."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from impasto.image import read_image, resize
from impasto.studio.pixels import to_tensor


def read_photos(folder: Path, count: int) -> list[tuple[str, Tensor]]:
    """Photos spread over a folder's names, each (1, 3, H, W) in [0, 1]."""
    paths = sorted(folder.glob("*.jpg"))
    chosen = paths[:: max(1, len(paths) // count)][:count]
    photos = []
    for path in chosen:
        with Image.open(path) as picture:
            pixels = np.array(picture.convert("RGB"), dtype=np.float32) / 255
        photos.append((path.name, torch.from_numpy(pixels).permute(2, 0, 1)[None]))
    return photos


def middle(path: Path, size: int) -> Tensor:
    """Return the middle square of a photo, (1, 3, size, size)."""
    pixels = read_image(path).pixels
    side = min(pixels.shape[:2])
    top, left = ((each - side) // 2 for each in pixels.shape[:2])
    return to_tensor(resize(pixels[top : top + side, left : left + side], (size, size)))
