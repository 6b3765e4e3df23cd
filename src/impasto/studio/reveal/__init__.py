"""What the loss network sees: its layers, what each keeps of a picture, and what excites its channels."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from impasto.errors import MissingExtraError

if TYPE_CHECKING:
    from impasto.studio.reveal import sparse
    from impasto.studio.reveal.color import mean_color
    from impasto.studio.reveal.deconvnet import (
        Activations,
        Deconvnet,
        isolate,
        strongest_channels,
        strongest_unit,
    )
    from impasto.studio.reveal.grid import GridConfig, WeightsConfig, grid_panels, weights_panels
    from impasto.studio.reveal.load import load_network
    from impasto.studio.reveal.network import LayerFigures, NetworkFigures, network_figures
    from impasto.studio.reveal.occlusion import OcclusionConfig, OcclusionMap, OcclusionProgress, occlude
    from impasto.studio.reveal.panels import PanelDone, PanelJob, PanelProgress
    from impasto.studio.reveal.patches import Patch, TopPatches, top_patches
    from impasto.studio.reveal.receptive import Box, ReceptiveField, receptive_field, receptive_fields
    from impasto.studio.reveal.reconstruct import ReconstructConfig, content_panels
    from impasto.studio.reveal.textures import LayerSet, TexturesConfig, layer_sets, style_panels

__all__ = [
    "Activations",
    "Box",
    "Deconvnet",
    "GridConfig",
    "LayerFigures",
    "LayerSet",
    "NetworkFigures",
    "OcclusionConfig",
    "OcclusionMap",
    "OcclusionProgress",
    "PanelDone",
    "PanelJob",
    "PanelProgress",
    "Patch",
    "ReceptiveField",
    "ReconstructConfig",
    "TexturesConfig",
    "TopPatches",
    "WeightsConfig",
    "content_panels",
    "grid_panels",
    "isolate",
    "layer_sets",
    "load_network",
    "mean_color",
    "network_figures",
    "occlude",
    "receptive_field",
    "receptive_fields",
    "sparse",
    "strongest_channels",
    "strongest_unit",
    "style_panels",
    "top_patches",
    "weights_panels",
]

_ROOMS = {
    "color": ("mean_color",),
    "deconvnet": ("Activations", "Deconvnet", "isolate", "strongest_channels", "strongest_unit"),
    "grid": ("GridConfig", "WeightsConfig", "grid_panels", "weights_panels"),
    "load": ("load_network",),
    "network": ("LayerFigures", "NetworkFigures", "network_figures"),
    "occlusion": ("OcclusionConfig", "OcclusionMap", "OcclusionProgress", "occlude"),
    "panels": ("PanelDone", "PanelJob", "PanelProgress"),
    "patches": ("Patch", "TopPatches", "top_patches"),
    "receptive": ("Box", "ReceptiveField", "receptive_field", "receptive_fields"),
    "reconstruct": ("ReconstructConfig", "content_panels"),
    "sparse": ("sparse",),
    "textures": ("LayerSet", "TexturesConfig", "layer_sets", "style_panels"),
}
"""The modules, and what is public of each."""

_HOMES = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    # Nothing here is of use without torch; where it is missing, that is said when a name is first used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("revealing needs PyTorch: pip install 'impasto[studio]'") from error
    return module if _HOMES[name] == name else getattr(module, name)
