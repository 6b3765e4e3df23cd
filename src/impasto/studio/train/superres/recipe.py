"""What a super-resolution recipe is: network, losses, degradation, photos and steps; and those there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from impasto.studio.networks.superres_config import SuperNetworkConfig
from impasto.studio.train.recipe import Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

# Spelled out, as what takes it imports NumPy; a test holds the two together.
Degradation: TypeAlias = Literal["bicubic", "blur"]
PixelForm: TypeAlias = Literal["l1", "mse"]

COMPARED = ("pixel", "feature", "texture")
"""What pictures can be compared to photos by."""

LOSSES = (*COMPARED, "grid")
"""All losses: the last takes out what feature losses lay over pictures in step with their blocks."""


@dataclass(frozen=True, kw_only=True)
class SuperRecipe:
    """Everything that decides how a network is trained, but for the photos, the seed and the machine."""

    name: str
    """What the recipe is called on the command line."""

    source: str
    """Where it was published."""

    network: SuperNetworkConfig = field(default_factory=SuperNetworkConfig)
    """The network, and the factor."""

    degradation: Degradation = "bicubic"
    """How photos are made small."""

    loss: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({"pixel": 1.0}))
    """What made pictures are compared to photos by, and with which weights: pixel, feature, or both; and
    what they differ by in step with their blocks of pixels: grid."""

    pixel_form: PixelForm = "l1"
    """Mean of the differences' magnitudes, or of their squares."""

    feature_layers: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({"relu2_2": 1.0}))
    """Layers that features are compared at, by the mean of squares, and their weights."""

    texture_layers: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"relu1_1": 0.3, "relu2_1": 0.3, "relu3_1": 0.4})
    )
    """Layers whose Gram matrices are compared patch by patch, and their weights."""

    weights: str = "vgg19-original"
    """Encoder weights; where these would have to be downloaded, `vgg19-original` stands in for them."""

    calibrate: bool = True
    """Measure every term in units of what it is for bicubic up-scaling, so that weights mean something."""

    size: int = 288
    """Side, in pixels, of the squares that photos are cut to; they are made smaller by the factor."""

    growth: tuple[tuple[float, float], ...] = ()
    """As of `TrainRecipe`."""

    zoom: float = 1.5
    """Photos are scaled until their shorter side is `size` to `zoom` times that, at random."""

    center: bool = False
    """Cut the middle out of each photo, and never flip it; else a random square, flipped half of the time."""

    batch: int = 4
    """Photos a step."""

    iterations: int = 20_000
    """Steps."""

    epochs: int | None = None
    """As of `TrainRecipe`."""

    schedule: Schedule = "one-cycle"
    """Whether the learning rate stays, or rises for a while and then falls (Smith & Topin 2018)."""

    learning_rate: float = 1e-3
    """Step size of Adam, the highest where it changes."""

    betas: tuple[float, float] = (0.9, 0.99)
    """Decay of Adam's moments."""

    clip: float | None = None
    """Norm that gradients are scaled down to where theirs is larger; None leaves them as they are."""


SUPERRES = SuperRecipe(
    name="superres",
    source="this project; docs/upscale.md says how it departs from the paper",
)

JOHNSON = SuperRecipe(
    name="johnson",
    source="Johnson, Alahi & Fei-Fei 2016, Perceptual Losses for Real-Time Super-Resolution, section 4.2",
    network=SuperNetworkConfig(name="johnson", norm="batch", upsampling="transposed", base="none"),
    degradation="blur",
    loss=MappingProxyType({"feature": 1.0}),
    pixel_form="mse",
    zoom=1.0,
    iterations=200_000,
    schedule="constant",
    betas=(0.9, 0.999),
)

SUPER_RECIPES: Mapping[str, SuperRecipe] = MappingProxyType(
    {recipe.name: recipe for recipe in (SUPERRES, JOHNSON)}
)
"""Name to a recipe."""
