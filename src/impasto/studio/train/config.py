"""The settings of one training: the Python API, the command's flags and the TOML file are this dataclass."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from impasto.errors import ConfigError
from impasto.studio.device import Device, Precision
from impasto.studio.networks.config import NetworkConfig, NetworkName, Norm, Output, Residual, Upsampling

if TYPE_CHECKING:
    from collections.abc import Mapping

Small: TypeAlias = Literal["upscale", "skip"]

CHOICES: dict[str, tuple[str, ...]] = {
    "small": get_args(Small),
    "device": get_args(Device),
    "precision": get_args(Precision),
}
NETWORK_FIELDS = {
    "name": "network",
    "norm": "norm",
    "channels": "channels",
    "blocks": "blocks",
    "upsampling": "upsampling",
    "output": "activation",  # a command's --output is where its file goes
    "residual": "residual",
}
"""Fields of NetworkConfig, and what they are called here."""

OF_ONE_PAINTING = (
    "color_weight",
    "tone_weight",
    "tint_weight",
    "grain_weight",
    "underpainting",
    "style_crop",
)
"""Settings of a training for one painting, that a base does not have."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What to train and how; a field left at None takes the recipe's value."""

    recipe: str = "impasto"
    """Published setup to build on: impasto, johnson, pytorch-examples or transnet."""

    network: NetworkName | None = None
    """Network to train; the next six settings are its own."""

    norm: Norm | None = None
    """What normalizes the network's features."""

    channels: int | None = None
    """Feature maps of the network's first convolution; cost grows with the square."""

    blocks: int | None = None
    """Residual blocks of the network."""

    upsampling: Upsampling | None = None
    """How the network doubles the size of its features."""

    activation: Output | None = None
    """How the network's last features become values in [0, 1]."""

    residual: Residual | None = None
    """Whether the network's residual blocks pad their input, or take the border off it."""

    size: int | None = None
    """Side, in pixels, of the squares that photos are cut to."""

    batch: int | None = None
    """Photos a step, on each device."""

    iterations: int | None = None
    """Steps; the learning rate and the sizes of the squares follow from it."""

    max_images: int | None = None
    """Photos to see in all; sets the number of steps."""

    max_minutes: float | None = None
    """Stop after so many minutes, wherever the training is then."""

    learning_rate: float | None = None
    """Step size of Adam, the highest where the recipe changes it on the way."""

    content_weight: float | None = None
    """Weight of the content loss; more keeps more of the photo."""

    style_weight: float | None = None
    """Weight of the style loss; more keeps more of the painting."""

    underpainting: float | None = None
    """How much of a broad painting is laid over a photo before it is painted, 0 to 1; more is bolder."""

    color_weight: float | None = None
    """Weight of the distance of colors; more brings the painting's rare ones, and follows the photo less."""

    tone_weight: float | None = None
    """Weight of the distance of tones; more keeps even areas even, and dark ones no lighter than others."""

    tint_weight: float | None = None
    """Weight of the distance of tints; more keeps one color where the photo has one."""

    grain_weight: float | None = None
    """Weight of marks in what is even in a photo, where the painting's even parts have none."""

    tv_weight: float | None = None
    """Weight of the total variation loss; more is smoother."""

    content_layers: Mapping[str, float] | None = None
    """Layers of the content loss with their weights, for instance {"relu2_2": 1}."""

    style_layers: Mapping[str, float] | None = None
    """Layers of the style loss with their weights."""

    style_size: int | None = None
    """Longest side, in pixels, at which the painting is seen: its strokes keep that size."""

    style_scale: float | None = None
    """Size of the strokes against the recipe's; over 1 gives larger ones. Not together with style_size."""

    style_crop: tuple[int, int, int, int] | None = None
    """Part of the painting that is its style: left, top, right, bottom in its pixels, without margins."""

    start: str | None = None
    """What the network begins as: checkpoint or model of another training; for one painting, a .brush too;
    for a base, the folder of another."""

    small: Small = "upscale"
    """What is done with a photo that is smaller than the square: enlarge it, or leave it out."""

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
        """Check every value that can be checked without pictures.

        Raises:
            ConfigError: For a value out of range, naming it and the valid ones.
        """
        for name, valid in CHOICES.items():
            if getattr(self, name) not in valid:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(valid)}")
        for name in (
            "content_weight",
            "style_weight",
            "color_weight",
            "tone_weight",
            "tint_weight",
            "grain_weight",
            "tv_weight",
            "held_out",
            "seed",
            "workers",
        ):
            self._check_at_least(name, 0)
        self._check_at_least("sheet_every", 0)
        if self.underpainting is not None and not 0 <= self.underpainting <= 1:
            raise ConfigError(f"underpainting is {self.underpainting}; choose from 0 (none) to 1 (bolder)")
        for name in ("batch", "iterations", "max_images", "style_size", "devices", "nodes"):
            self._check_at_least(name, 1)
        self._check_at_least("checkpoint_every", 1)
        self._check_at_least("size", 16)  # what block 5 of an encoder needs
        for name in ("max_minutes", "learning_rate", "style_scale"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ConfigError(f"{name} is {value}; give a number over 0")
        if self.style_scale is not None and self.style_size is not None:
            raise ConfigError("style_size and style_scale both set the size of the strokes; give one of them")
        if (crop := self.style_crop) is not None and [type(side) for side in crop] != [int] * 4:
            raise ConfigError(f"style_crop is {crop!r}; give four whole numbers: left, top, right and bottom")
        self._check_layers()
        self.network_changes(NetworkConfig(name=self.network or "johnson"))

    def _check_at_least(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if value is not None and not least <= value < float("inf"):
            raise ConfigError(f"{name} is {value}; give a number of at least {least}")

    def _check_layers(self) -> None:
        for name in ("content_layers", "style_layers"):
            layers = getattr(self, name)
            if layers is not None and (
                not layers or not all(0 <= value < float("inf") for value in layers.values())
            ):
                raise ConfigError(
                    f"{name} are {dict(layers)}; give at least one layer, with weights of at least 0"
                )

    def network_changes(self, network: NetworkConfig) -> NetworkConfig:
        """Return a network's settings with those of this configuration in them.

        A network other than the one given starts from its own defaults.

        Raises:
            ConfigError: For a value that is not valid, or that the network does not leave open.
        """
        named = {theirs: getattr(self, ours) for theirs, ours in NETWORK_FIELDS.items()}
        given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        same = self.network in (None, network.name)
        own = {field.name: getattr(network, field.name) for field in fields(network)} if same else {}
        return NetworkConfig(**{**own, **given})

    def changes(self) -> dict[str, object]:
        """Return the fields that differ from their defaults, for records and messages."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
