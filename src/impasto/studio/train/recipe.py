"""What a training recipe is: a complete configuration of network, loss, photos and steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from impasto.studio.networks.config import NetworkConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

# Spelled out, as the losses that take them import torch; a test holds the two together.
ContentForm: TypeAlias = Literal["mean", "half-sum", "gradient-normalized"]
StyleForm: TypeAlias = Literal[
    "gatys", "johnson", "positions", "elements-mean", "plain-mean", "tutorial", "layer", "gradient-normalized"
]
TVForm: TypeAlias = Literal["l1", "l2", "nine-point"]
StyleFit: TypeAlias = Literal["longest", "shortest", "native", "square"]
Units: TypeAlias = Literal["caffe", "torchvision"]
Schedule: TypeAlias = Literal["constant", "one-cycle"]


@dataclass(frozen=True, kw_only=True)
class TrainRecipe:
    """Everything that decides how a network is trained, but for the pictures, the seed and the machine."""

    name: str
    """What the recipe is called on the command line."""

    source: str
    """Where it was published."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    """The network."""

    weights: str = "vgg19-original"
    """Encoder weights; where these would have to be downloaded, `vgg19-original` stands in for them."""

    units: Units | None = None
    """Preprocessing whose scale the weights of content and style are meant for; None where that is no matter.

    Caffe's encoders take pictures that are about 58 times as bright as torchvision's, and convolutions and
    ReLUs pass that on, but for their biases.
    """

    content_form: ContentForm = "mean"
    """How content features are compared."""

    content_layers: Mapping[str, float]
    """Content layers and their weights."""

    content_weight: float
    """Weight of the whole content term."""

    style_form: StyleForm
    """How Gram matrices are normalized and compared."""

    style_layers: Mapping[str, float]
    """Style layers and their weights."""

    style_weight: float
    """Weight of the whole style term."""

    photos_a_style: int = 1
    """Photos of a step that are painted in the same style, where a network learns many; a part of `batch`."""

    identity_weight: float = 0.0
    """Weight of the distance between a photo and itself in its own style, where a network learns many."""

    style_pooled: bool = False
    """Take one Gram matrix of all photos of a step (on each device); else one of each, as is published."""

    underpainting: float = 0.0
    """How much of a broad painting is laid over the photo before it is painted, 0 to 1; 0 paints it once."""

    color_weight: float = 0.0
    """Weight of the distance of colors of a step (on each device) to the painting's, over their variance."""

    tone_weight: float = 0.0
    """Weight of the tones that do not follow from the photo's, over the variance of the painting's."""
    tint_weight: float = 0.0
    """Weight of the tints that do not follow from the photo's colors, over the variance of the painting's."""
    grain_weight: float = 0.0
    """Weight of the contrast that even parts get beyond the painting's own, over its mean contrast."""

    tv_form: TVForm = "l2"
    """Form of the total variation."""

    tv_weight: float = 0.0
    """Weight of the total variation loss."""

    tv_reduction: Literal["mean", "sum"] = "mean"
    """Whether the total variation is a mean over pixels and photos, or a sum."""

    tv_factor: float = 1.0
    """Constant factor of the total variation: carries the units that a recipe was published in."""

    calibrate: bool = False
    """Measure every term in units of what it is for untouched photos, so that one setup fits any painting."""

    style_fit: StyleFit = "native"
    """Size of the painting: longest or shortest side as `style_size`; its own, or at most that; the crop."""

    style_size: int | None = None
    """Side of the painting, in pixels, where `style_fit` goes by it."""

    style_scale: float = 1.0
    """Factor on the size of the painting."""

    size: int = 256
    """Side, in pixels, of the squares that photos are cut to."""

    growth: tuple[tuple[float, float], ...] = ()
    """Smaller squares to begin with: (share of the steps up to which, side against `size`), in order."""

    zoom: float = 1.0
    """Photos are scaled until their shorter side is `size` to `zoom` times that, at random."""

    center: bool = False
    """Cut the middle out of each photo, and never flip it; else a random square, flipped half of the time."""

    batch: int = 4
    """Photos a step."""

    iterations: int = 40_000
    """Steps."""

    epochs: int | None = None
    """Times that each photo is seen; sets the number of steps instead of `iterations`."""

    schedule: Schedule = "constant"
    """Whether the learning rate stays, or rises for a while and then falls (Smith & Topin 2018)."""

    learning_rate: float = 1e-3
    """Step size of Adam, the highest where it changes."""

    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of Adam's moments."""

    clip: float | None = None
    """Norm that gradients are scaled down to where theirs is larger; None leaves them as they are."""
