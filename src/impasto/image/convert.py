"""Pictures for other programs' hands: PIL images."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.image.write import quantized


def to_pil(pixels: NDArray[np.float32], alpha: NDArray[np.float32] | None = None) -> Image.Image:
    """Turn floating-point pixels into an 8-bit PIL image, rounded as `write_image` rounds.

    Args:
        pixels: (H, W, 3) sRGB; values outside [0, 1] are clipped.
        alpha: (H, W), 0 is transparent; the image is then RGBA.
    """
    layers = pixels if alpha is None else np.dstack([pixels, alpha])
    return Image.fromarray(quantized(layers, 255).astype(np.uint8))
