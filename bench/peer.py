"""The peer's own loss as a recipe: what pastiche 1.6.0 minimizes, so that both can be held to it."""

from types import MappingProxyType

from impasto.studio.paint import Recipe

CHANNELS = {"relu1_1": 64, "relu2_1": 128, "relu3_1": 256, "relu4_1": 512, "relu5_1": 512}

PASTICHE = Recipe(
    name="pastiche",
    source="pastiche 1.6.0 with its default flags: relu4_2 at 0.01, Gram / (H W) at 10 / C**2, both as means",
    content_form="mean",
    content_layers=MappingProxyType({"relu4_2": 0.01}),
    content_weight=1.0,
    style_form="positions",
    style_layers=MappingProxyType({layer: 10 / count**2 for layer, count in CHANNELS.items()}),
    style_weight=1.0,
    style_fit="native",
    unit="byte",
    spectrum=0.4,
    transport=0.6,
    coarsest=128,
    growth=2.0,
    effort=0.5,
    iterations=140,
)
"""Its layers, weights and Gram; this engine's pyramid, transport and frequency weights."""
