"""The settings of a super-resolution network: which one, and for which factor. Loads without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from impasto.errors import ConfigError
from impasto.models.registry import FACTORS
from impasto.studio.networks.config import Upsampling

if TYPE_CHECKING:
    from collections.abc import Mapping

SuperName: TypeAlias = Literal["compact", "johnson"]
SuperNorm: TypeAlias = Literal["none", "batch"]
Base: TypeAlias = Literal["bicubic", "none"]
Shuffle: TypeAlias = Literal["level", "free"]

_CHOICES: Mapping[str, tuple[object, ...]] = {
    "name": get_args(SuperName),
    "factor": FACTORS,
    "norm": get_args(SuperNorm),
    "upsampling": get_args(Upsampling),
    "base": get_args(Base),
    "shuffle": get_args(Shuffle),
}


@dataclass(frozen=True, kw_only=True)
class SuperNetworkConfig:
    """Which network, for which factor, and what of it differs from its default."""

    name: SuperName = "compact"
    """The network: compact works mostly at the small size, for a CPU; johnson is the paper's."""

    factor: int = 4
    """How many times as large on each side the picture gets: 2, 4 or 8."""

    norm: SuperNorm = "none"
    """What normalizes features: nothing, or the batch, as in the paper; johnson alone has it."""

    channels: int | None = None
    """Feature maps, at least 1; cost grows with the square. 48 of compact, 64 of johnson when left away."""

    blocks: int | None = None
    """Residual blocks, at least 0. 6 of compact, 4 of johnson when left away."""

    fine: int | None = None
    """Feature maps of compact at half the large size; 0 leaves out what works there. 32, and 16 for the
    factor 8, when left away."""

    upsampling: Upsampling = "resize"
    """How johnson doubles the size of its features; transposed is the paper's."""

    base: Base = "bicubic"
    """What the output is added to; none is the paper's, whose output goes through a scaled tanh."""

    shuffle: Shuffle = "level"
    """Whether compact's convolutions to blocks are held to leave flat parts of a picture flat."""

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: For a value that is not valid, or that the network does not leave open.
        """
        for field, valid in _CHOICES.items():
            value = getattr(self, field)
            if value not in valid or isinstance(value, bool):
                raise ConfigError(f"{field} is {value!r}; choose one of {', '.join(map(str, valid))}")
        for field, least in (("channels", 1), ("blocks", 0), ("fine", 0)):
            value = getattr(self, field)
            if value is not None and (type(value) is not int or value < least):
                raise ConfigError(f"{field} is {value!r}; give a whole number of at least {least}")
        fixed = {"compact": ("norm", "upsampling", "base"), "johnson": ("shuffle", "fine")}[self.name]
        for field in fixed:
            default = type(self).__dataclass_fields__[field].default
            if getattr(self, field) != default:
                other = "johnson" if self.name == "compact" else "compact"
                built = "without it" if default is None else f"with {default} alone"
                raise ConfigError(
                    f"{field} is {getattr(self, field)!r}, and {self.name} is built {built}; "
                    f"leave it out, or choose the network {other}"
                )

    @property
    def width(self) -> int:
        """Feature maps."""
        return self.channels or {"compact": 48, "johnson": 64}[self.name]

    @property
    def detail(self) -> int:
        """Feature maps at half the large size."""
        return (16 if self.factor == 8 else 32) if self.fine is None else self.fine

    @property
    def depth(self) -> int:
        """Residual blocks."""
        return {"compact": 6, "johnson": 4}[self.name] if self.blocks is None else self.blocks
