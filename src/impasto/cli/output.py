"""The flags that say where a picture goes and what is told on the way, the same for all verbs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli.place import Place, Switch
from impasto.errors import ConfigError


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Output:
    """Where the picture goes, and what is told on the way."""

    output: Annotated[Place | None, Parameter(name=("--output", "-o"))] = None
    """Where to write the picture: .png, .jpg, .webp, .tif, .avif, .bmp or .gif; - is stdout, as PNG."""

    quality: Annotated[int, Parameter(validator=Number(gte=1, lte=100))] = 95
    """1 (smallest file) to 100 (best picture), for JPEG, WebP and AVIF."""

    bit_depth: Literal[8, 16] = 8
    """Bits a channel; 16 for PNG and TIFF."""

    max_pixels: Annotated[int, Parameter(validator=Number(gte=1))] = 200_000_000
    """Refuse larger pictures."""

    json: Switch = False
    """Print every event as a line of JSON on stdout."""

    quiet: Annotated[Switch, Parameter(name=("--quiet", "-q"))] = False
    """Show no progress, and only say what went wrong."""

    def __post_init__(self) -> None:
        """Refuse two things on one stdout.

        Raises:
            ConfigError: When picture and events would both go there.
        """
        if self.output == "-" and self.json:
            raise ConfigError("-o - and --json both want stdout; give -o a file, or leave --json away")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Target(Output):
    """Where the pictures go, and what is told on the way."""

    output: Annotated[Place | None, Parameter(name=("--output", "-o"))] = None
    """File for one picture, - for stdout as PNG; a folder for several, which keep their names and tree."""
