"""How far apart two pictures are as a loss network sees them (after Johnson et al. 2016, equation 2)."""

from collections.abc import Mapping

import torch
from torch import Tensor

from impasto.errors import ConfigError

DISTANCE_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
"""What pictures are compared at: the end of each block, but for the last."""


@torch.no_grad()
def feature_distance(features: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> float:
    """Return the mean over layers of the squared distance of features, relative to the target's own square.

    So it has no unit, and layers and encoders of any scale weigh the same. It is not LPIPS: nothing in it was
    fitted to what people see.

    Args:
        features: Maps (1, C, H, W) by layer.
        target: Of the picture that is stood for, the same layers and shapes.

    Returns:
        0 for the same features, about 1 for features all gone.

    Raises:
        ConfigError: Layers or shapes differ, or there are none.
    """
    if features.keys() != target.keys() or not features:
        raise ConfigError(
            f"features are of {', '.join(features) or 'no layer'}, and the target's of "
            f"{', '.join(target) or 'no layer'}; give the same layers, at least one"
        )
    return sum(_relative(features[layer], target[layer]) for layer in features) / len(features)


def _relative(maps: Tensor, wanted: Tensor) -> float:
    if maps.shape != wanted.shape:
        raise ConfigError(f"features have the shapes {tuple(maps.shape)} and {tuple(wanted.shape)}")
    distance = (maps.double() - wanted.double()).square().sum()
    return float(distance / wanted.double().square().sum().clamp_min(torch.finfo(torch.float64).tiny))
