"""Networks by name: settings in, a module with fresh weights out."""

from collections.abc import Callable, Mapping

from torch import nn

from impasto.studio.networks.compact import Compact
from impasto.studio.networks.config import Architecture, NetworkConfig, NetworkName
from impasto.studio.networks.johnson import Johnson
from impasto.studio.networks.transnet import TransNet

NETWORKS: Mapping[NetworkName, Callable[[Architecture], nn.Module]] = {
    "johnson": Johnson,
    "transnet": TransNet,
    "compact": Compact,
}
"""Name to a module of that architecture."""


def build_network(config: NetworkConfig) -> nn.Module:
    """Make a network, its weights drawn from torch's global generator.

    Returns:
        A module in training mode that takes `(N, 3, H, W)` float32 sRGB in [0, 1], of any H and W from 1 up,
        and returns the same shape and range.
    """
    return NETWORKS[config.name](config.resolve())
