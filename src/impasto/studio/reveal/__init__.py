"""What the loss network sees: deconvnet, strongest patches, occlusion, receptive fields, its layers."""

from .color import mean_color
from .deconvnet import Activations, Deconvnet, isolate, strongest_channels, strongest_unit
from .network import LayerFigures, NetworkFigures, network_figures
from .occlusion import OcclusionConfig, OcclusionMap, OcclusionProgress, occlude
from .patches import Patch, TopPatches, top_patches
from .receptive import Box, ReceptiveField, receptive_field, receptive_fields

__all__ = [
    "Activations",
    "Box",
    "Deconvnet",
    "LayerFigures",
    "NetworkFigures",
    "OcclusionConfig",
    "OcclusionMap",
    "OcclusionProgress",
    "Patch",
    "ReceptiveField",
    "TopPatches",
    "isolate",
    "mean_color",
    "network_figures",
    "occlude",
    "receptive_field",
    "receptive_fields",
    "strongest_channels",
    "strongest_unit",
    "top_patches",
]
