"""Pictures of one floor as those of the other: shapes, order and range."""

import numpy as np
import torch

from impasto.studio.pixels import to_pixels, to_tensor


def test_tensors_and_pixels_are_one_another() -> None:
    pixels = np.random.default_rng(1).random((5, 7, 3), dtype=np.float32)
    tensor = to_tensor(pixels)
    assert tensor.shape == (1, 3, 5, 7)
    assert tensor.is_contiguous()
    assert tensor[0, 2, 4, 6].item() == pixels[4, 6, 2]
    assert np.array_equal(to_pixels(tensor), pixels)


def test_pixels_are_held_in_their_range() -> None:
    pixels = to_pixels(torch.tensor([-1.0, 0.5, 2.0], requires_grad=True).view(1, 3, 1, 1))
    assert pixels.tolist() == [[[0.0, 0.5, 1.0]]]
    assert pixels.dtype == np.float32
    assert pixels.flags.c_contiguous
