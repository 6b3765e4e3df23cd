"""Feed-forward networks: a picture in, the stylized picture out. Settings load without torch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from impasto.errors import MissingExtraError
from impasto.studio.networks.config import ARCHITECTURES, Architecture, NetworkConfig

if TYPE_CHECKING:
    from impasto.studio.networks.build import NETWORKS, build_network

__all__ = ["ARCHITECTURES", "NETWORKS", "Architecture", "NetworkConfig", "build_network"]


def __getattr__(name: str) -> Any:
    # Settings can be read, and a command's help shown, without importing torch.
    if name not in ("NETWORKS", "build_network"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        build = import_module(f"{__name__}.build")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("networks need PyTorch: pip install 'impasto[studio]'") from error
    return getattr(build, name)
