"""Local contrast normalization against its formula, and photos as gray squares."""

import numpy as np
import pytest
import torch
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.sparse import local_contrast_normalize, local_mean, read_photos


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def mean_by_loops(pictures: Tensor, size: int, sigma: float) -> Tensor:
    count, _, height, width = pictures.shape
    out = torch.zeros(count, 1, height, width, dtype=pictures.dtype)
    radius = size // 2
    for y in range(height):
        for x in range(width):
            total, weights = torch.zeros(count, dtype=pictures.dtype), 0.0
            for v in range(max(0, y - radius), min(height, y + radius + 1)):
                for u in range(max(0, x - radius), min(width, x + radius + 1)):
                    weight = float(np.exp(-((v - y) ** 2 + (u - x) ** 2) / (2 * sigma**2)))
                    total += weight * pictures[:, :, v, u].mean(1)
                    weights += weight
            out[:, 0, y, x] = total / weights
    return out


@pytest.mark.parametrize("channels", [1, 2])
def test_against_the_formula(channels: int) -> None:
    pictures = noise(2, channels, 7, 8)
    pictures[0, :, :4] *= 0.1  # flatter than the mean: there c divides
    mean = mean_by_loops(pictures, 5, 1.5)
    residual = pictures - mean
    deviation = mean_by_loops(residual.square(), 5, 1.5).sqrt()
    expected = residual / deviation.maximum(deviation.mean((2, 3), keepdim=True))
    result = local_contrast_normalize(pictures, size=5, sigma=1.5)
    torch.testing.assert_close(result.values, expected)
    torch.testing.assert_close(result.mean, mean)
    torch.testing.assert_close(result.restore(result.values), pictures)


def test_brightness_and_contrast_do_not_matter() -> None:
    pictures = noise(1, 1, 20, 20)
    expected = local_contrast_normalize(pictures).values
    torch.testing.assert_close(local_contrast_normalize(0.2 * pictures + 0.5).values, expected)


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_a_flat_picture_is_zero_and_comes_back(level: float) -> None:
    flat = torch.full((1, 1, 20, 20), level)
    result = local_contrast_normalize(flat)
    assert result.values.abs().max() == 0
    torch.testing.assert_close(result.restore(result.values), flat)


def test_one_picture_does_not_change_another() -> None:
    pictures = noise(2, 1, 16, 16)
    alone = local_contrast_normalize(pictures[:1]).values
    torch.testing.assert_close(
        local_contrast_normalize(pictures * torch.tensor([1, 9.0]).view(2, 1, 1, 1)).values[:1], alone
    )


def test_photos_are_centered_gray_squares() -> None:
    photo = np.zeros((20, 40, 3), dtype=np.float32)
    photo[:, 10:30] = (1, 0.5, 0)  # just the center
    squares = read_photos([photo, photo.transpose(1, 0, 2)], 10)
    luma = 0.299 + 0.587 * 0.5
    torch.testing.assert_close(squares, torch.full((2, 1, 10, 10), luma), rtol=0, atol=1e-3)


def test_what_is_not_valid_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"shape \(5, 5\)"):
        local_contrast_normalize(torch.zeros(5, 5))
    with pytest.raises(ConfigError, match="window size 4"):
        local_contrast_normalize(torch.zeros(1, 1, 5, 5), size=4)
    with pytest.raises(ConfigError, match="window sigma 0"):
        local_mean(torch.zeros(1, 1, 5, 5), size=5, sigma=0)
    with pytest.raises(ConfigError, match="0 photos"):
        read_photos([])
    with pytest.raises(ConfigError, match="photo size 0"):
        read_photos([np.zeros((4, 4), dtype=np.float32)], 0)
