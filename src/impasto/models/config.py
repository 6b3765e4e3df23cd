"""How a photo is stylized: the settings of `impasto apply`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from impasto.errors import ConfigError

KeepColor = Literal["none", "luminance", "histogram", "linear"]


@dataclass(frozen=True, kw_only=True)
class ApplyConfig:
    """What is asked of a style, whichever it is."""

    size: int | None = None
    """Longest side of the result in pixels; the photo's own when left away."""

    strength: float = 1.0
    """How much of the style: 0 gives the photo, 1 the stylized picture, between them a blend of both."""

    stroke: float = 1.0
    """Size of the strokes, 0.5 to 2: at 2 they are twice as wide, and details of the photo go under."""

    underpainting: float | None = None
    """Share of a broad painting below, 0 (none, faster) to 1 (bolder); left away, as learned."""

    keep_color: KeepColor = "none"
    """What stays of the photo's colors: hues (luminance), histogram, or covariance (linear)."""

    def __post_init__(self) -> None:
        if self.size is not None and (type(self.size) is not int or self.size < 1):
            raise ConfigError(f"size is {self.size!r}; give the longest side in pixels, from 1 up")
        if type(self.strength) not in (int, float) or not 0 <= self.strength <= 1:  # NaN is not, either
            raise ConfigError(f"strength is {self.strength!r}; choose from 0 (the photo) to 1 (the style)")
        if type(self.stroke) not in (int, float) or not 0.5 <= self.stroke <= 2:
            raise ConfigError(f"stroke is {self.stroke!r}; choose from 0.5 (finer) to 2 (broader)")
        if self.underpainting is not None and (
            type(self.underpainting) not in (int, float) or not 0 <= self.underpainting <= 1
        ):
            raise ConfigError(f"underpainting is {self.underpainting!r}; choose from 0 (none) to 1 (bolder)")
        if self.keep_color not in get_args(KeepColor):
            raise ConfigError(f"keep_color is {self.keep_color!r}; choose {', '.join(get_args(KeepColor))}")

    def changes(self) -> dict[str, Any]:
        """Return the settings that are not the default."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(type(self), name)}
