"""Photos of a folder as the encoders take them, for the scripts that measure encoders."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor


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
