"""The settings of a network: which one, and how it departs from its own defaults. Loads without torch."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from impasto.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

NetworkName: TypeAlias = Literal["johnson", "transnet", "compact"]
Norm: TypeAlias = Literal["batch", "instance", "layer", "group", "switchable", "none"]
Upsampling: TypeAlias = Literal["transposed", "resize", "shuffle"]
Output: TypeAlias = Literal["tanh", "sigmoid", "clamp"]
Residual: TypeAlias = Literal["padded", "valid"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "name": get_args(NetworkName),
    "norm": get_args(Norm),
    "upsampling": get_args(Upsampling),
    "output": get_args(Output),
    "residual": get_args(Residual),
}


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """All that decides what a network computes, but for its weights."""

    norm: Norm
    """What normalizes the features after a convolution."""

    channels: int
    """Feature maps of the first convolution; the others follow from it."""

    blocks: int
    """Residual blocks."""

    upsampling: Upsampling
    """How feature maps are doubled in size."""

    output: Output
    """How the last features become values in [0, 1]."""

    residual: Residual
    """Whether residual blocks pad their input, or take the border off it."""


ARCHITECTURES: Mapping[NetworkName, Architecture] = {
    "johnson": Architecture(
        norm="instance", channels=32, blocks=5, upsampling="resize", output="tanh", residual="padded"
    ),
    "transnet": Architecture(
        norm="instance", channels=32, blocks=5, upsampling="resize", output="sigmoid", residual="padded"
    ),
    "compact": Architecture(
        norm="instance", channels=32, blocks=4, upsampling="shuffle", output="tanh", residual="padded"
    ),
}
"""Each network as it is by default."""

_FIXED: Mapping[NetworkName, tuple[str, ...]] = {
    "johnson": (),
    "transnet": ("upsampling", "output", "residual"),
    "compact": ("upsampling", "residual"),
}
"""The choices that a network does not leave open."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Which network, and what of it differs; a field left at None takes the network's own default."""

    name: NetworkName = "compact"
    """The network: johnson and transnet as published, or compact, made for speed on a CPU."""

    norm: Norm | None = None
    """What normalizes the features after a convolution."""

    channels: int | None = None
    """Feature maps of the first convolution, at least 1; cost grows with the square."""

    blocks: int | None = None
    """Residual blocks, at least 0."""

    upsampling: Upsampling | None = None
    """How feature maps are doubled in size: transposed convolution, nearest resize, or pixel shuffle."""

    output: Output | None = None
    """How the last features become values in [0, 1]; clamp holds them there only outside training."""

    residual: Residual | None = None
    """Residual blocks that pad their input, or the paper's, that take two pixels off each side."""

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: For a value that is not valid, or that the network does not leave open.
        """
        for field, valid in _CHOICES.items():
            value = getattr(self, field)
            if value not in valid and (value is not None or field == "name"):
                raise ConfigError(f"{field} is {value!r}; choose one of {', '.join(valid)}")
        for field, least in (("channels", 1), ("blocks", 0)):
            value = getattr(self, field)
            if value is not None and (type(value) is not int or value < least):
                raise ConfigError(f"{field} is {value!r}; give a whole number of at least {least}")
        for field in _FIXED[self.name]:
            fixed = getattr(ARCHITECTURES[self.name], field)
            if getattr(self, field) not in (None, fixed):
                raise ConfigError(
                    f"{field} is {getattr(self, field)!r}, and {self.name} is built with {fixed} alone; "
                    "leave it out, or choose the network johnson"
                )

    def resolve(self) -> Architecture:
        """Return the network's default architecture with what this changes of it."""
        named = {field.name: getattr(self, field.name) for field in fields(Architecture)}
        changes = {name: value for name, value in named.items() if value is not None}
        return replace(ARCHITECTURES[self.name], **changes)
