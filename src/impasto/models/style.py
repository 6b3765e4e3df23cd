"""What a style may be, made ready: a model, a brush, a painting, or a blend of the last two."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from impasto.errors import ArtifactError, ImageReadError
from impasto.image import decode_picture, read_image
from impasto.image.picture import HEAD, ImageSource, Picture, sniff
from impasto.models.base import Base
from impasto.models.blend import parse_blend
from impasto.models.brush import Brush
from impasto.models.engine import EngineName, open_session
from impasto.models.files import BRUSH_SUFFIX, ArtifactFile, read_artifact
from impasto.models.registry import find_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impasto.models.artifact import Card
    from impasto.models.session import Session

StyleSource: TypeAlias = str | os.PathLike[str] | Brush | ImageSource
"""Name of an installed model or brush; path of a model.onnx, a .brush or a painting; a blend, `a:0.6,b:0.4`;
a `Brush`; a painting as an array or PIL image."""

_REMEDY = "give a model.onnx, a .brush or a painting"


class ReadyStyle(Protocol):
    """A style that makes sessions."""

    @property
    def card(self) -> Card:
        """What it says of itself."""

    def session(self) -> Session:
        """Make it ready.

        Raises:
            ArtifactError: It is damaged, or does not fit the base.
        """

    def record(self) -> dict[str, Any]:
        """Return what a picture's record says of it."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What runs a style."""

    base: Base | str | os.PathLike[str] | None = None
    """The base for brushes and paintings; its folder, or None for the installed one."""

    engine: EngineName = "auto"
    """As of `open_session`."""

    threads: int | None = None
    """As of `open_session`."""

    def opened(self) -> Base:
        """Return the base."""
        return self.base if isinstance(self.base, Base) else Base(self.base)


class ModelStyle:
    """A trained network."""

    def __init__(self, file: ArtifactFile, setup: Setup) -> None:
        self._session = open_session(file, engine=setup.engine, threads=setup.threads)
        self._file = file
        self.card = self._session.card
        if self.card.kind == "superres":
            raise ArtifactError(
                f"{file.name} makes pictures larger, and knows no style; use `impasto upscale`"
            )
        if self.card.kind != "model":
            raise ArtifactError(f"{file.name} is a {self.card.kind}, not a model; give a model")

    def session(self) -> Session:
        """Return the only one."""
        return self._session

    def record(self) -> dict[str, Any]:
        """Return kind, name, file and hash."""
        name = PurePath(self._file.name).name
        return {"kind": "model", "name": self.card.name, "file": name, "sha256": self._file.sha256}


@dataclass(frozen=True)
class Part:
    """A brush, or a painting that was made one."""

    brush: Brush
    file: str | None
    sha256: str
    kind: str

    def record(self) -> dict[str, Any]:
        """Return kind, name, file and hash."""
        return {"kind": self.kind, "name": self.brush.card.name, "file": self.file, "sha256": self.sha256}


class BrushStyle:
    """A brush and its base."""

    def __init__(self, parts: list[tuple[Part, float]], setup: Setup, base: Base) -> None:
        for part, _ in parts:
            base.check(part.brush)
        self._parts, self._setup, self._base = parts, setup, base
        self.brush = Brush.blend([(part.brush, share) for part, share in parts])
        self.card = self.brush.card
        self._session: Session | None = None

    def session(self) -> Session:
        """Return the only one, which is made when it is first asked for."""
        if self._session is None:
            setup = self._setup
            self._session = self._base.open(self.brush, engine=setup.engine, threads=setup.threads)
        return self._session

    def record(self) -> dict[str, Any]:
        """Return kind, name, files and hashes, of each part where there are several, and the base's."""
        base = {"base": self._base.sha256}
        if len(self._parts) == 1:
            return {**self._parts[0][0].record(), **base}
        parts = [{**part.record(), "share": share} for part, share in self._parts]
        file = ",".join(f"{each['file']}:{each['share']:g}" for each in parts)
        return {"kind": "blend", "name": self.card.name, "file": file, "parts": parts, **base}


def make_ready(style: StyleSource, setup: Setup) -> ReadyStyle:
    """Find a style and read it.

    Args:
        style: See `StyleSource`.
        setup: What runs it.

    Raises:
        ArtifactError: An unknown name, a file that is not a style, a brush for another base, or no base.
        ImageError: A painting that cannot be read.
        ConfigError: A blend that is not valid.
    """
    blend = parse_blend(style) if isinstance(style, str) else None
    if blend is not None:
        return _mixed([(_blendable(name), share) for name, share in blend], setup)
    if not isinstance(style, str | os.PathLike):
        return _mixed([(style, 1.0)], setup)
    file = read_artifact(find_style(style), remedy=_REMEDY)
    if not _is_model(file):
        return _mixed([(file, 1.0)], setup)
    return ModelStyle(file, setup)


def _mixed(parts: Sequence[tuple[Brush | ImageSource | ArtifactFile, float]], setup: Setup) -> BrushStyle:
    read = [(_read(source), share) for source, share in parts]
    base = setup.opened()
    ready = [(each if isinstance(each, Part) else _seen(*each, setup, base), share) for each, share in read]
    return BrushStyle(ready, setup, base)


def _read(source: Brush | ImageSource | ArtifactFile) -> Part | tuple[Picture, str | None]:
    """Read a brush, or a painting with its file's name; what is damaged is said before a base is missed."""
    if isinstance(source, Brush):
        return Part(brush=source, file=None, sha256=source.sha256, kind="brush")
    if isinstance(source, ArtifactFile) and not _is_picture(source):
        name = PurePath(source.name).name
        return Part(brush=Brush.from_artifact(source), file=name, sha256=source.sha256, kind="brush")
    return _painting(source)


def _seen(painting: Picture, file: str | None, setup: Setup, base: Base) -> Part:
    """Make a brush of a painting."""
    brush = Brush.from_painting(painting, base=base, engine=setup.engine, threads=setup.threads)
    return Part(brush=brush, file=file, sha256=painting.sha256, kind="painting")


def _painting(source: ImageSource | ArtifactFile) -> tuple[Picture, str | None]:
    """Return a painting, and the name of its file where it is from one."""
    if isinstance(source, ArtifactFile):
        return decode_picture(source.data, source.name), PurePath(source.name).name
    try:
        return read_image(source), None
    except TypeError:
        raise ArtifactError(f"a style is {type(source).__name__}; {_REMEDY}, or a Brush") from None


def _blendable(name: str) -> ArtifactFile:
    file = read_artifact(find_style(name, first="brush"), remedy=_REMEDY)
    if _is_model(file):
        raise ArtifactError(
            f"a blend mixes brushes and paintings, and {name} is a model; give a brush or painting for it"
        )
    return file


def _is_model(file: ArtifactFile) -> bool:
    return PurePath(file.name).suffix.lower() != BRUSH_SUFFIX and not _is_picture(file)


def _is_picture(file: ArtifactFile) -> bool:
    try:
        sniff(file.data[:HEAD], file.name)
    except ImageReadError:
        return False
    return True
