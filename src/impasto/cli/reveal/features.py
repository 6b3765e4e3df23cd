"""`impasto reveal features`: what in photos excites a layer's channels (Zeiler & Fergus 2014)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli.output import Output
from impasto.cli.place import Place
from impasto.cli.reveal.encoding import Encoding, read_photo
from impasto.cli.reveal.figure import check_figure, deliver, photo_name, watching
from impasto.cli.reveal.photos import photos_in
from impasto.cli.reveal.projection import Look, lay_out, show_maps, show_patches
from impasto.errors import ConfigError

TOP = 9
"""Channels shown, where it is not said how many."""

PATCHES = 9
"""Patches of each channel from a folder, as in the paper."""

Positive = Annotated[int, Parameter(validator=Number(gte=1))]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which channels are shown."""

    top: Positive | None = None
    """How many channels; 9 when left away."""

    by: Literal["mean", "max"] = "mean"
    """What makes a channel strong: its mean activation or its largest."""

    channels: str | None = None
    """The channels to show instead, for instance 3,17."""

    def __post_init__(self) -> None:
        """Refuse what says two things, or nothing.

        Raises:
            ConfigError: Channels by number and by rank, or what are no numbers.
        """
        if self.channels is not None and self.top is not None:
            raise ConfigError("--channels and --top both say which channels; give one of them")
        if self.channels is not None and not re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*)*", self.channels):
            raise ConfigError(f"channels is {self.channels!r}; give numbers from 0 up, for instance 3,17")

    @property
    def named(self) -> list[int]:
        """The channels that were named; none where the strongest are wanted."""
        return [int(word) for word in (self.channels or "").split(",") if word]

    @property
    def ranking(self) -> str | None:
        """What the strongest are ranked by; None where channels were named."""
        return None if self.named else self.by

    def __str__(self) -> str:
        return "chosen" if self.named else f"strongest by {self.by}"


def features(
    photo: Place,
    /,
    *,
    layer: str = "relu4_2",
    output: Output | None = None,
    encoding: Encoding | None = None,
    size: Positive = 224,
    choice: Choice | None = None,
    photos: Place | None = None,
    photos_limit: Positive | None = None,
    part: Literal["patch", "map"] = "patch",
) -> int:
    """Project a photo's strongest channels down to its pixels, beside the patches that excite them.

    A deconvnet runs the network backwards from one unit (Zeiler & Fergus 2014, section 2.1). What it gives is
    shown around middle gray, stretched so that its 99.5th percentile in magnitude is black or white. Beyond
    the edge of a photo, patches show the color that the network takes for nothing.

    Args:
        photo: The photo whose strongest channels are shown; - is stdin.
        layer: A layer, such as relu4_2 or conv3_1.
        output: Where the figure goes.
        encoding: Through which network is looked.
        size: Longest side of the photos as they are looked at, in pixels.
        choice: Which channels are shown.
        photos: Folder of photos: show the nine of them that excite each channel the most.
        photos_limit: Photos of the folder to look at; all when left away.
        part: patch projects the strongest unit of a channel, map the whole channel, over the whole photo.
    """
    output, encoding, choice = output or Output(), encoding or Encoding(), choice or Choice()
    if part == "map" and photos is not None:
        raise ConfigError("--part map is of one photo; leave --photos away, or choose --part patch")
    folder = [] if photos is None else photos_in(photos, photos_limit)
    check_figure(output, [photo, *folder])
    with watching(output) as watch:
        encoder = encoding.load(watch)
        image = read_photo(photo, size, output.max_pixels, encoder)
        count = choice.top or min(TOP, encoder.channels(layer))
        look = Look.at(encoder, image, layer, choice.named or count, choice.by)
        if part == "map":
            cells, told = show_maps(look, watch)
        else:
            names = [photo_name(each) for each in folder or [photo]]
            images = (read_photo(each, size, output.max_pixels, encoder) for each in folder)
            pictures = zip(names, images if folder else [image], strict=True)
            cells, told = show_patches(look, pictures, len(names), PATCHES if folder else 1, watch)
    title = f"{layer} of {encoder.weights_name}: channels {choice} in {photo_name(photo)}"
    numbers = {"photo": photo, "layer": layer, "part": part, "by": choice.ranking, **told}
    return deliver(lay_out(cells, title), output, numbers)
