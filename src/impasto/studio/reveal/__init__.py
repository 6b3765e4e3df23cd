"""What the loss network sees: deconvnet, strongest patches, occlusion, receptive fields, its layers."""

from .deconvnet import Activations, Deconvnet, isolate, strongest_channels, strongest_unit
from .receptive import Box, ReceptiveField, receptive_field, receptive_fields

__all__ = [
    "Activations",
    "Box",
    "Deconvnet",
    "ReceptiveField",
    "isolate",
    "receptive_field",
    "receptive_fields",
    "strongest_channels",
    "strongest_unit",
]
