"""Levels of 8 bits, as files have them, and the numbers that networks compute with."""

import torch
from torch import Tensor

WHITE = 255.0
"""The highest level of 8 bits."""


def to_numbers(levels: Tensor) -> Tensor:
    """Turn levels (N, H, W, C) into numbers in [0, 1], (N, C, H, W)."""
    return (levels.to(torch.float32) / WHITE).permute(0, 3, 1, 2)


def to_levels(values: Tensor) -> Tensor:
    """Round (N, C, H, W) in [0, 1] to levels, (N, H, W, C)."""
    # Not QuantizeLinear, which is all of this in one: after a clamp, OpenVINO 2026.4 was up to 4 levels off.
    return (values.permute(0, 2, 3, 1).clamp(0, 1) * WHITE + 0.5).to(torch.uint8)
