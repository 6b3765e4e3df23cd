"""The settings of a super-resolution training: Python API, the command's flags and the TOML file at once."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, get_args

from impasto.errors import ConfigError
from impasto.studio.device import Device, Precision
from impasto.studio.networks.config import Upsampling
from impasto.studio.networks.superres_config import Base, Shuffle, SuperName, SuperNetworkConfig, SuperNorm
from impasto.studio.settings import find_named
from impasto.studio.train.config import Small, TrainConfig
from impasto.studio.train.superres.recipe import (
    COMPARED,
    LOSSES,
    SUPER_RECIPES,
    Degradation,
    PixelForm,
    SuperRecipe,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

CHOICES: Mapping[str, tuple[str, ...]] = {
    "degradation": get_args(Degradation),
    "pixel_form": get_args(PixelForm),
}
OF_THE_NETWORK = ("factor", "norm", "channels", "blocks", "fine", "upsampling", "base", "shuffle")
"""Fields that are the network's own, by the same names."""

OF_THE_RECIPE = (
    "loss", "pixel_form", "feature_layers", "texture_layers", "degradation",
    "size", "zoom", "batch", "iterations", "learning_rate", "weights",
)  # fmt: skip
"""Fields that replace the recipe's."""

OF_EVERY_TRAINING = (
    "batch", "iterations", "max_images", "max_minutes", "learning_rate", "size", "small", "held_out", "seed",
    "device", "devices", "nodes", "precision", "workers", "checkpoint_every", "sheet_every",
)  # fmt: skip
"""Fields that are those of `TrainConfig`, with the same meaning and limits."""


@dataclass(frozen=True, kw_only=True)
class SuperConfig:
    """What to train and how; a field left at None takes the recipe's value."""

    recipe: str = "superres"
    """Setup to build on: superres, or johnson as published."""

    factor: int | None = None
    """How many times as large on each side pictures get: 2, 4 or 8."""

    loss: Mapping[str, float] | None = None
    """What is compared, with weights: {"pixel": 1}, {"feature": 1}, {"texture": 1}, or several; {"grid": 1}
    beside them takes out what a feature loss lays over pictures in step with their blocks of pixels."""

    pixel_form: PixelForm | None = None
    """How pixels are compared: l1, the mean of magnitudes, or mse, of squares."""

    feature_layers: Mapping[str, float] | None = None
    """Layers that features are compared at, with weights, for instance {"relu2_2": 1}."""

    texture_layers: Mapping[str, float] | None = None
    """Layers whose Gram matrices are compared patch by patch, with weights."""

    degradation: Degradation | None = None
    """How photos are made small: bicubic, as the test sets are, or blur, as in the paper."""

    start: str | None = None
    """Checkpoint of another training, whose weights this one begins with."""

    network: SuperName | None = None
    """Network to train, compact or johnson; the next seven settings are its own."""

    norm: SuperNorm | None = None
    """What normalizes johnson's features."""

    channels: int | None = None
    """Feature maps of the network; cost grows with the square."""

    blocks: int | None = None
    """Residual blocks of the network."""

    fine: int | None = None
    """Feature maps of compact at half the large size; 0 leaves out what works there."""

    upsampling: Upsampling | None = None
    """How johnson doubles the size of its features."""

    base: Base | None = None
    """What johnson's output is added to."""

    shuffle: Shuffle | None = None
    """Whether compact's convolutions to blocks are held to leave flat parts flat."""

    size: int | None = None
    """Side, in pixels, of the squares that photos are cut to; a multiple of the factor."""

    zoom: float | None = None
    """Photos are scaled until their shorter side is `size` to `zoom` times that, at random."""

    batch: int | None = None
    """Photos a step, on each device."""

    iterations: int | None = None
    """Steps; the learning rate follows from it."""

    max_images: int | None = None
    """Photos to see in all; sets the number of steps."""

    max_minutes: float | None = None
    """Stop after so many minutes, wherever the training is then."""

    learning_rate: float | None = None
    """Step size of Adam, the highest where the recipe changes it on the way."""

    small: Small = "skip"
    """What is done with a photo smaller than the square: leave it out, or enlarge it, which teaches blur."""

    held_out: int = 4
    """Photos that are not trained on, and shown on the sheets."""

    weights: str | None = None
    """Encoder: vgg19-original, vgg19-torchvision, vgg16-torchvision, or a .pth or .safetensors file."""

    seed: int = 0
    """Seed of all randomness; the same seed on the same machine trains the same network."""

    device: Device = "auto"
    """Where to compute."""

    devices: int = 1
    """Devices on each machine, or for cpu, processes."""

    nodes: int = 1
    """Machines; the command is started on each of them."""

    precision: Precision = "auto"
    """Arithmetic of the networks; auto takes bf16 only where the processor is fast at it."""

    workers: int | None = None
    """Processes that decode photos; None goes by the number of processors."""

    checkpoint_every: int = 250
    """Steps between checkpoints, and between states that a diverging run goes back to."""

    sheet_every: int = 500
    """Steps between sheets of the held-out photos; 0 for none."""

    def __post_init__(self) -> None:
        """Check every value that can be checked without photos.

        Raises:
            ConfigError: For a value out of range, naming it and the valid ones.
        """
        for name, valid in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in valid:
                raise ConfigError(f"{name} is {value!r}; choose one of {', '.join(valid)}")
        unknown = set(self.loss or {}) - set(LOSSES)
        if unknown:
            raise ConfigError(
                f"no loss {min(unknown)!r}; choose pixel, feature, texture, or pixel:0.1,feature:1,grid:1"
            )
        if self.loss and not any(self.loss.get(name) for name in COMPARED) and any(self.loss.values()):
            raise ConfigError("grid alone compares nothing to photos; give pixel or feature a weight, too")
        for name in ("loss", "feature_layers", "texture_layers"):
            given = getattr(self, name)
            if given is not None and not (
                all(0 <= v < float("inf") for v in given.values()) and any(given.values())
            ):
                raise ConfigError(f"{name} is {dict(given)}; give weights of at least 0, not all of them 0")
        if self.zoom is not None and not 1 <= self.zoom < float("inf"):
            raise ConfigError(f"zoom is {self.zoom}; give a number of at least 1")
        self.training()
        self.resolve()

    def training(self) -> TrainConfig:
        """Return what the engine reads of these settings.

        Raises:
            ConfigError: For a value out of range.
        """
        return TrainConfig(**{name: getattr(self, name) for name in OF_EVERY_TRAINING})

    def resolve(self, recipe: SuperRecipe | None = None) -> SuperRecipe:
        """Return the recipe that is asked for, with these settings in it.

        Args:
            recipe: Stands in for the one that is named.

        Raises:
            ConfigError: For a recipe that does not exist, and settings that do not fit together.
        """
        recipe = recipe or find_named(self.recipe, SUPER_RECIPES, "super-resolution recipe")
        given = {name: getattr(self, name) for name in OF_THE_RECIPE if getattr(self, name) is not None}
        if self.iterations is not None or self.max_images is not None:
            given["epochs"] = None
        made = replace(recipe, network=self._network(recipe.network), **given)
        if made.size % made.network.factor:
            raise ConfigError(f"size is {made.size}; give a multiple of the factor {made.network.factor}")
        return made

    def _network(self, network: SuperNetworkConfig) -> SuperNetworkConfig:
        """Return a network's settings with these in them; another network starts from its own defaults."""
        given: dict[str, Any] = {
            name: getattr(self, name) for name in OF_THE_NETWORK if getattr(self, name) is not None
        }
        if self.network in (None, network.name):
            return replace(network, **given)
        return SuperNetworkConfig(**{"name": self.network, "factor": network.factor, **given})

    def changes(self) -> dict[str, object]:
        """Return the fields that differ from their defaults, for records and messages."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
