"""A brush: the style of one painting for one base, in a few kilobytes (Dumoulin et al. 2017).

A base computes with a style code, and with what a brush adds to the filters of its convolutions.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.errors import ArtifactError
from impasto.image import read_image, write_atomically
from impasto.models.artifact import Card
from impasto.models.base import Base
from impasto.models.base_files import BASE_KEY
from impasto.models.files import card_of, read_artifact
from impasto.models.mix import mix
from impasto.models.tensors import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impasto.image import ImageSource
    from impasto.models.engine import EngineName
    from impasto.models.files import ArtifactFile

    Floats = NDArray[np.float32]
    Pair = tuple[Floats, Floats]

REMEDY = "give a brush that `impasto learn` wrote"

_OUTDATED = "strokes"
"""Array of brushes from when the code told the size of strokes; it is not read."""

_HALF = np.float16
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Brush:
    """A style for a base; two brushes are the same where their `sha256` is.

    Example:
        >>> from impasto import Brush, Stylizer                               # doctest: +SKIP
        >>> wave, night = Brush.load("wave.brush"), Brush.load("night.brush")  # doctest: +SKIP
        >>> Stylizer(Brush.blend({wave: 0.6, night: 0.4})).apply("photo.jpg")  # doctest: +SKIP
    """

    code: Floats
    """(K) float32: the style."""

    filters: tuple[Pair, ...] = ()
    """For each convolution in the order of the network, up (out, r) and down (r, in * 9), float32: their
    product is added to its filters. Empty where nothing is."""

    card: Card
    """What it says of itself; its kind is `brush`."""

    base: str
    """SHA-256 of the base that it is for, 64 hex digits."""

    def __post_init__(self) -> None:
        """Bring all arrays to float32, and check everything.

        Raises:
            ArtifactError: A shape does not fit, a number is not finite, or the card is of something else.
        """
        name = self.card.name
        if self.card.kind != "brush":
            raise ArtifactError(f"{name} is a {self.card.kind}, not a brush; {REMEDY}")
        if not _HASH.fullmatch(self.base):
            raise ArtifactError(f"{name}: base is {self.base!r}; give the 64 hex digits of its SHA-256")
        numbers = {"code": np.asarray(self.code)}
        for index, (up, down) in enumerate(self.filters):
            numbers |= {f"up.{index}": np.asarray(up), f"down.{index}": np.asarray(down)}
        _check(name, numbers)
        plain = {key: np.ascontiguousarray(each, np.float32) for key, each in numbers.items()}
        pairs = tuple((plain[f"up.{i}"], plain[f"down.{i}"]) for i in range(len(self.filters)))
        for key, value in {"code": plain["code"], "filters": pairs}.items():
            object.__setattr__(self, key, value)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Brush:
        """Read a brush from its file.

        Args:
            path: Of a .brush file.

        Raises:
            ArtifactError: Missing, damaged, not a brush, of wrong shapes, or with numbers not finite.
        """
        return cls.from_artifact(read_artifact(path, remedy=REMEDY))

    @classmethod
    def from_artifact(cls, file: ArtifactFile) -> Brush:
        """Make a brush of the bytes of its file.

        Raises:
            ArtifactError: As `load`.
        """
        tensors, metadata = unpack(file)
        tensors.pop(_OUTDATED, None)
        card = card_of(file.name, metadata)
        if card.kind != "brush":
            raise ArtifactError(f"{file.name} is a {card.kind}, not a brush; {REMEDY}")
        count = sum(key.startswith("up.") for key in tensors)
        pairs = {f"{side}.{index}" for index in range(count) for side in ("up", "down")}
        if set(tensors) != {"code", *pairs}:
            raise ArtifactError(
                f"{file.name} holds {', '.join(sorted(tensors)) or 'nothing'}; a brush holds code, and up.N "
                f"and down.N for each convolution N, or none: {REMEDY}"
            )
        filters = tuple((tensors[f"up.{i}"], tensors[f"down.{i}"]) for i in range(count))
        try:
            return cls(code=tensors["code"], filters=filters, card=card, base=metadata.get(BASE_KEY, ""))
        except ArtifactError as error:
            raise ArtifactError(f"{file.name} is damaged: {error}") from None

    @classmethod
    def from_painting(
        cls,
        painting: ImageSource,
        *,
        base: Base | str | os.PathLike[str] | None = None,
        name: str | None = None,
        engine: EngineName = "auto",
        threads: int | None = None,
    ) -> Brush:
        """Read the style of a painting at sight: tens of milliseconds, and `impasto learn` does better.

        Args:
            painting: A path, PIL image or array.
            base: For which base; its folder, or None for the installed one.
            name: Of the brush; that of the painting's file when None.
            engine: As of `open_session`.
            threads: As of `open_session`.

        Raises:
            ImageError: The painting cannot be read, or is too narrow.
            ArtifactError: There is no base, or it is damaged.
        """
        base = base if isinstance(base, Base) else Base(base)
        picture = read_image(painting)
        (code,) = base.encode(picture.pixels, name=picture.name, engine=engine, threads=threads)
        seen = {"name": PurePath(picture.name).name, "sha256": picture.sha256}
        card = Card(
            kind="brush",
            name=name or PurePath(picture.name).stem or "painting",
            recipe={"painting": seen},
        )
        return cls(code=code, card=card, base=base.sha256)

    @classmethod
    def blend(cls, shares: Mapping[Brush, float] | Sequence[tuple[Brush, float]]) -> Brush:
        """Mix brushes: codes and filters are averaged.

        Args:
            shares: Of each brush, above 0; they are brought to a sum of 1.

        Returns:
            A brush, or the only one that was given. Filters are put side by side and not summed up, so their
            rank is that of all together, and the mix is exact.

        Raises:
            ArtifactError: There is none, a share is not above 0, or they are not all for the same base.
        """
        pairs = list(shares.items() if isinstance(shares, Mapping) else shares)
        mixed = mix(pairs)
        return pairs[0][0] if len(pairs) == 1 else cls(**mixed)

    @property
    def sha256(self) -> str:
        """SHA-256 of its file, whether it was written or not; hex digits."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Return its file: the code in float32, all else in float16; the same bytes for the same brush.

        Raises:
            ArtifactError: A number is too large for float16, or the card cannot be written.
        """
        small: dict[str, Floats] = {}
        for index, (up, down) in enumerate(self.filters):
            small |= {f"up.{index}": up, f"down.{index}": down}
        for key, each in small.items():
            if np.abs(each).max(initial=0) > np.finfo(_HALF).max:
                raise ArtifactError(
                    f"{self.card.name}: {key} reaches {np.abs(each).max():.3g}, too large for a brush"
                )
        halves: dict[str, NDArray[Any]] = {key: each.astype(_HALF) for key, each in small.items()}
        tensors = {"code": self.code, **halves}
        return pack(tensors, {**self.card.to_metadata(), BASE_KEY: self.base})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it; the file is whole or not there.

        Args:
            path: Where to; a .brush file.

        Raises:
            ArtifactError: It cannot be written there.
        """
        name = os.fspath(path)
        try:
            write_atomically(name, self.to_bytes())
        except OSError as error:
            reason = error.strerror or error
            raise ArtifactError(f"{name!r} cannot be written ({reason}); choose another place") from error

    def delta(self, size: int) -> Floats:
        """Return what is added to the filters of all convolutions, one after the other, (size).

        Args:
            size: How many weights the convolutions of the base have.

        Raises:
            ArtifactError: The brush has more or fewer.
        """
        if not self.filters:
            return np.zeros(size, np.float32)
        made = np.concatenate([(up @ down).ravel() for up, down in self.filters])
        if made.size != size:
            raise ArtifactError(
                f"{self.card.name} changes {made.size} weights, and the base has {size}; {REMEDY}"
            )
        return made


def _check(name: str, numbers: Mapping[str, NDArray[Any]]) -> None:
    """Refuse arrays that do not fit together, or hold what no computation gives."""
    shapes = {key: each.shape for key, each in numbers.items()}
    count = (len(shapes) - 1) // 2
    fits = (
        len(shapes["code"]) == 1
        and shapes["code"][0] > 0
        and all(_is_pair(shapes[f"up.{index}"], shapes[f"down.{index}"]) for index in range(count))
    )
    if not fits:
        said = ", ".join(f"{key} {shape}" for key, shape in shapes.items())
        raise ArtifactError(f"{name} has the shapes {said[:200]}, which do not fit together; {REMEDY}")
    for key, each in numbers.items():
        if each.dtype.kind != "f" or not np.isfinite(each).all():
            raise ArtifactError(f"{name}: {key} has values that are not finite numbers; {REMEDY}")


def _is_pair(up: tuple[int, ...], down: tuple[int, ...]) -> bool:
    return len(up) == len(down) == 2 and up[1] == down[0] and min(*up, *down) > 0
