"""What a recipe is: a complete configuration of an optimization."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from impasto.studio.paint.config import OptimizerName, Pooling

if TYPE_CHECKING:
    from collections.abc import Mapping

# Spelled out, as the losses and encoders that take them import torch; a test holds the two together.
ContentForm: TypeAlias = Literal["mean", "half-sum", "gradient-normalized"]
StyleForm: TypeAlias = Literal[
    "gatys",
    "johnson",
    "positions",
    "elements-mean",
    "plain-mean",
    "tutorial",
    "layer",
    "gradient-normalized",
    "wasserstein",
]
TVForm: TypeAlias = Literal["l1", "l2", "nine-point"]
Unit: TypeAlias = Literal["unit", "byte", "standardized", "picture"]
StyleFit: TypeAlias = Literal["longest", "native", "content"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides how pixels are optimized, but for the pictures, the seed and the machine."""

    name: str
    """What the recipe is called on the command line."""

    source: str
    """Where it was published."""

    weights: str = "vgg19-original"
    """Encoder weights."""

    pooling: Pooling = "max"
    """How the encoder halves its maps."""

    rescale_pooling: bool = False
    """Keep the activations' scale when pooling is not max."""

    padding: Literal["zero", "replicate"] = "zero"
    """What the encoder's convolutions see beyond the border."""

    centered: bool = True
    """Subtract the mean color that the weights were trained with."""

    content_form: ContentForm = "mean"
    """How content features are compared."""

    content_layers: Mapping[str, float]
    """Content layers and their weights."""

    content_weight: float
    """Weight of the whole content term."""

    style_form: StyleForm
    """How style statistics are normalized and compared."""

    style_layers: Mapping[str, float]
    """Style layers and their weights."""

    style_weight: float
    """Weight of the whole style term."""

    histogram_weight: float = 0.0
    """Weight of the feature-histogram loss over `histogram_layers`."""

    histogram_layers: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Layers of the feature-histogram loss and their weights."""

    balance: bool = False
    """Divide each layer's term by the mean square of its target, so that layers and encoders weigh alike."""

    prescale: bool = False
    """Multiply features and Gram matrices by their weight before comparing them, not the loss after."""

    tv_form: TVForm = "l2"
    """Form of the total variation."""

    tv_weight: float = 0.0
    """Weight of the total variation loss."""

    tv_reduction: Literal["mean", "sum"] = "mean"
    """Whether the total variation is a mean or a sum over pixels."""

    tv_factor: float = 1.0
    """Constant factor of the total variation: carries the units that a recipe was published in."""

    unit: Unit = "unit"
    """Units of the variable that the optimizer moves: [0, 1], 0..255, ImageNet's deviations; see `UNITS`."""

    spectrum: float = 0.0
    """Exponent of the variable's 1/f frequency weights; 0 moves pixels themselves. See `Canvas`."""

    transport: float = 0.0
    """Share of each size's evaluations that come first and match style as `wasserstein` does.

    Whatever the form is. Its gradient carries features straight to the style's distribution, in all
    directions alike; the gradient of a Gram loss all but ignores those of small variance. The rest of the
    evaluations then have less left to do. Layers too deep for what they add are left out of both; see
    `UNHEARD`.
    """

    transport_weight: float = 1.0
    """What style weighs in transport, against its own form, where both are the same on the first picture.

    The Wasserstein form falls more slowly than a Gram loss does: the less it weighs, the more of the content
    is kept meanwhile.
    """

    init: str = "content"
    """Picture to start from."""

    noise: float = 0.25
    """Standard deviation of a noise start, in [0, 1] pixel values, around mid-gray."""

    optimizer: OptimizerName = "lbfgs"
    """What moves the variable."""

    learning_rate: float = 1.0
    """Step size of the optimizer, in the variable's units."""

    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of Adam's moments."""

    history: int = 100
    """Pairs that L-BFGS remembers."""

    reach: float = 1.0
    """How many times further L-BFGS goes, at first, in directions that no pair tells about; see `LBFGS`."""

    clamp: Literal["no", "before", "after"] = "no"
    """Hold the picture in [0, 1]: never, before each evaluation, or after each step."""

    average: float = 0.0
    """Decay of the running average of iterates that is the result; 0 takes the last iterate."""

    size: int | tuple[int, int] = 512
    """Longest side in pixels, or the exact (height, width) that pictures are squashed to."""

    iterations: int = 500
    """Evaluations at the final size."""

    coarsest: int | None = None
    """Longest side of the first, smallest picture; None works at the final size alone."""

    growth: float = 2**0.5
    """Ratio between successive sizes."""

    effort: float = 1.0
    """How many times more evaluations each coarser size takes than the next finer one."""

    style_fit: StyleFit = "longest"
    """Size of the style: longest side as the result's; so, but never enlarged; or the result's own."""

    style_scale: float = 1.0
    """Size of the style against the result."""
