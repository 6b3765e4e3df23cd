"""What a style may be, made ready: a model, a brush, a painting, or a blend of the last two."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from impasto.errors import ArtifactError, ConfigError, ImageReadError
from impasto.image import decode_picture, read_image
from impasto.image.picture import HEAD, ImageSource, Picture, sniff
from impasto.models.base import Base
from impasto.models.blend import parse_blend
from impasto.models.brush import Brush
from impasto.models.engine import EngineName, open_session
from impasto.models.files import BRUSH_SUFFIX, ArtifactFile, read_artifact
from impasto.models.registry import find_style, style_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

    def session(self, stroke: float = 1) -> Session:
        """Make it ready for strokes of a size.

        Raises:
            ConfigError: It has one size of strokes only.
            ArtifactError: It is damaged, or does not fit the base.
        """

    def record(self, stroke: float = 1) -> dict[str, Any]:
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

    def session(self, stroke: float = 1) -> Session:
        """Return the only one."""
        if stroke != 1:
            raise ConfigError(
                f"stroke is {stroke:g}, and {self._file.name} is a model, whose strokes have one size; "
                "leave the stroke away, or give a brush or a painting"
            )
        return self._session

    def record(self, stroke: float = 1) -> dict[str, Any]:  # noqa: ARG002  it has one size
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
        self._last: tuple[float, Session] | None = None

    def session(self, stroke: float = 1) -> Session:
        """Return the last one, where it had the same strokes."""
        last = self._last  # once: another thread may be at it
        if last is None or last[0] != stroke:
            setup = self._setup
            opened = self._base.open(self.brush, stroke, engine=setup.engine, threads=setup.threads)
            last = self._last = (stroke, opened)
        return last[1]

    def record(self, stroke: float = 1) -> dict[str, Any]:  # noqa: ARG002  the settings say it
        """Return kind, name, files and hashes, of each part where there are several, and the base's."""
        base = {"base": self._base.sha256}
        if len(self._parts) == 1:
            return {**self._parts[0][0].record(), **base}
        parts = [{**part.record(), "share": share} for part, share in self._parts]
        file = ",".join(f"{each['file']}:{each['share']:g}" for each in parts)
        return {"kind": "blend", "name": self.card.name, "file": file, "parts": parts, **base}


class EitherStyle:
    """A model and a brush of one name: the model, but for strokes of another size, which it has not."""

    def __init__(self, model: ModelStyle, brush: Callable[[], BrushStyle]) -> None:
        self._model, self._make = model, brush
        self._brush: BrushStyle | None = None
        self.card = model.card

    def session(self, stroke: float = 1) -> Session:
        """Return the model's, or the brush's."""
        return self._at(stroke).session(stroke)

    def record(self, stroke: float = 1) -> dict[str, Any]:
        """Return that of the one that was used."""
        return self._at(stroke).record()

    def _at(self, stroke: float) -> ModelStyle | BrushStyle:
        if stroke == 1:
            return self._model
        self._brush = self._brush or self._make()
        return self._brush


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
    model, namesake = ModelStyle(file, setup), _namesake(style, file)
    if namesake is None:
        return model
    return EitherStyle(model, lambda: _mixed([(read_artifact(namesake), 1.0)], setup))


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


def _namesake(style: str | os.PathLike[str], file: ArtifactFile) -> Path | None:
    """Return the brush that has the name of a model, where that was given by its name."""
    if style_paths().get(str(style)) != Path(file.name):
        return None
    return style_paths("brush").get(str(style))
