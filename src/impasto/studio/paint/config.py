"""The settings of one painting: the Python API, the command's flags and the TOML file are this dataclass."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from impasto.errors import ConfigError
from impasto.studio.device import Device, Precision

if TYPE_CHECKING:
    from collections.abc import Mapping

Pooling: TypeAlias = Literal["max", "average", "l2"]
OptimizerName: TypeAlias = Literal["lbfgs", "adam"]
KeepColor: TypeAlias = Literal["none", "luminance", "histogram", "linear"]

STARTS = ("content", "noise", "style-stats")
CHOICES: dict[str, tuple[str, ...]] = {
    "pooling": get_args(Pooling),
    "optimizer": get_args(OptimizerName),
    "keep_color": get_args(KeepColor),
    "device": get_args(Device),
    "precision": get_args(Precision),
}


@dataclass(frozen=True, kw_only=True)
class PaintConfig:
    """What to paint and how; a field left at None takes the recipe's value."""

    recipe: str = "impasto"
    """Published configuration to build on: impasto, gatys, neural-style, pytorch-tutorial or multi-layer."""

    size: int | tuple[int, int] | None = None
    """Longest side of the result in pixels, or its exact (height, width)."""

    iterations: int | None = None
    """Steps at the final size; a recipe that works coarse to fine takes more at the smaller ones."""

    content_weight: float | None = None
    """Weight of the content loss; more keeps more of the photo."""

    style_weight: float | None = None
    """Weight of the style loss; more keeps more of the painting."""

    style_weights: tuple[float, ...] | None = None
    """One weight for each style picture, blended in proportion; equal when None."""

    style_size: int | None = None
    """Longest side, in pixels, at which the style is seen: its strokes keep that size in the result."""

    style_scale: float | None = None
    """Size of the style against the result; over 1 gives larger strokes. Not together with style_size."""

    tv_weight: float | None = None
    """Weight of the total variation loss; more is smoother."""

    content_layers: Mapping[str, float] | None = None
    """Layers of the content loss with their weights, for instance {"relu4_2": 1}."""

    style_layers: Mapping[str, float] | None = None
    """Layers of the style loss with their weights."""

    pooling: Pooling | None = None
    """How the encoder halves its maps."""

    init: str | None = None
    """Picture to start from: content, noise, style-stats, or a picture file."""

    optimizer: OptimizerName | None = None
    """What moves the pixels."""

    keep_color: KeepColor = "none"
    """How the photo's colors are kept: not, by luminance-only transfer, or by recoloring the style."""

    weights: str | None = None
    """Encoder: vgg19-original, vgg19-torchvision, vgg16-torchvision, or a .pth or .safetensors file."""

    seed: int = 0
    """Seed of all randomness; the same seed on the same machine gives the same picture."""

    device: Device = "auto"
    """Where to compute."""

    precision: Precision = "auto"
    """Arithmetic of the encoder; auto takes bf16 only where the processor is fast at it."""

    preview_every: int = 0
    """Steps between Preview events; 0 for none."""

    def __post_init__(self) -> None:
        """Check every value that can be checked without pictures.

        Raises:
            ConfigError: For a value out of range, naming it and the valid ones.
        """
        for name, valid in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in valid:
                raise ConfigError(f"{name} is {value!r}; choose one of {', '.join(valid)}")
        for name in ("content_weight", "style_weight", "tv_weight"):
            self._check_at_least(name, 0)
        for name in ("iterations", "style_size"):
            self._check_at_least(name, 1)
        for name in ("seed", "preview_every"):
            self._check_at_least(name, 0)
        self._check_size()
        self._check_scale()
        self._check_weights()

    def _check_at_least(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if value is not None and not least <= value < float("inf"):
            raise ConfigError(f"{name} is {value}; give a number of at least {least}")

    def _check_size(self) -> None:
        size: int | tuple[int, ...] | None = self.size  # of any length, as a file may have it
        sides = size if isinstance(size, tuple) else (size,)
        whole = len(sides) == 2 or not isinstance(size, tuple)
        if not whole or any(side is not None and side < 1 for side in sides):
            raise ConfigError(
                f"size is {self.size}; give a longest side, or a height and a width, of at least 1 pixel"
            )

    def _check_scale(self) -> None:
        if self.style_scale is None:
            return
        if not 0 < self.style_scale < float("inf"):
            raise ConfigError(
                f"style_scale is {self.style_scale}; give a number over 0, such as 1.5 for larger strokes"
            )
        if self.style_size is not None:
            raise ConfigError("style_size and style_scale both set the size of the strokes; give one of them")

    def _check_weights(self) -> None:
        weights = self.style_weights
        if weights is not None and (not weights or min(weights) < 0 or not 0 < sum(weights) < float("inf")):
            raise ConfigError(
                f"style_weights are {weights}; give one number of at least 0 a style, not all 0"
            )
        for name in ("content_layers", "style_layers"):
            layers = getattr(self, name)
            if layers is not None and (
                not layers or not all(0 <= value < float("inf") for value in layers.values())
            ):
                raise ConfigError(
                    f"{name} are {dict(layers)}; give at least one layer, with weights of at least 0"
                )

    def changes(self) -> dict[str, object]:
        """Return the fields that differ from their defaults, for records and messages."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
