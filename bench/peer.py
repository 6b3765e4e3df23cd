"""The peer's own loss as a recipe: what pastiche 1.6.0 minimizes, so that both can be held to it."""

from collections.abc import Callable
from types import MappingProxyType

import torch

from impasto.studio.paint import PaintJob, Recipe
from impasto.studio.paint.objective import Objective

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
    transport=0.18,
    transport_weight=0.05,
    history=100,
    reach=2.0,
    iterations=220,
)
"""Its layers, weights and Gram; this engine's transport and frequency weights, at one size."""


def judge_of(job: PaintJob, recipe: Recipe) -> Callable[[torch.Tensor], float]:
    """Return what takes an image of the final size to a recipe's whole loss, every layer of it."""
    objective = Objective(job.encoder, recipe, *job.targets(job.levels[-1]))

    def judge(image: torch.Tensor) -> float:
        with torch.no_grad():
            return sum(term.item() for term in objective(image).values())

    return judge
