"""Make a picture again from the record that it carries."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto._version import __version__
from impasto.errors import ConfigError
from impasto.events import Progress
from impasto.image import read_image, read_record
from impasto.studio.paint.config import PaintConfig
from impasto.studio.paint.painting import finish, listed
from impasto.studio.paint.recipe import Recipe
from impasto.studio.paint.record import parse_record
from impasto.studio.settings import conform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from impasto.events import Done, Preview
    from impasto.image import ImageSource, Painting, Picture
    from impasto.studio.paint.job import PaintJob

    Path_ = str | os.PathLike[str]

MACHINE = ("impasto", "torch", "device", "precision", "weights_sha256")
"""What may change a picture in its details although the record is followed to the letter."""


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A picture's job, ready to run again."""

    job: PaintJob
    """With the settings of the record."""

    stop_after: int | None
    """Steps after which the recorded run was stopped; None for one that ran to its end."""

    notes: tuple[str, ...]
    """Why the picture may not be the same, each in a few words; none where it will be."""

    def events(self) -> Iterator[Progress | Preview | Done]:
        """Paint, and stop where the recorded run was stopped."""
        for event in self.job.events():
            if isinstance(event, Progress) and event.iteration == self.stop_after:
                self.job.stop()
            yield event


def reproduce(
    picture: Path_,
    *,
    content: ImageSource | None = None,
    style: ImageSource | Sequence[ImageSource] = (),
    init: Path_ | None = None,
    weights: Path_ | None = None,
) -> Painting:
    """Make a picture again from the record that it carries.

    Args:
        picture: A file that impasto wrote.
        content: What was painted, where it is not found by its recorded name, here or beside `picture`.
        style: In whose style, likewise.
        init: What it started from, likewise.
        weights: File of the encoder's weights, likewise.

    Warns:
        UserWarning: When the version, device or precision is another, so that details may differ; and when
            the picture is one that was saved on the way.

    Raises:
        ConfigError: When there is no record, or what it names is not at hand; the message lists all of that.
    """
    again = prepare_reproduction(picture, content=content, styles=listed(style), init=init, weights=weights)
    for note in again.notes:
        warnings.warn(note, stacklevel=2)
    return finish(again.events())


def prepare_reproduction(
    picture: Path_,
    *,
    content: ImageSource | None = None,
    styles: Sequence[ImageSource] = (),
    init: Path_ | None = None,
    weights: Path_ | None = None,
    max_pixels: int = 200_000_000,
    on_download: Callable[[int, int], None] | None = None,
) -> Reproduction:
    """Read a picture's record, find what it names, and set up its job; `reproduce` says more.

    Args:
        picture: As of `reproduce`.
        content: As of `reproduce`.
        styles: As of `reproduce`.
        init: As of `reproduce`.
        weights: As of `reproduce`.
        max_pixels: As of `PaintJob`.
        on_download: As of `PaintJob`.
    """
    record = _read(picture)
    from impasto.studio.paint import (
        PaintJob,
    )  # before anything else that needs torch: it says what is missing

    config, recipe = _settings(record, str(picture))
    search = _Search(folder=Path(picture).parent, max_pixels=max_pixels)
    found = search.picture("content", record["content"], [] if content is None else [content])
    sources = [search.picture("style", style, styles) for style in record["styles"]]
    start = search.picture("init", record["start"], [] if init is None else [init])
    changes = search.weights(recipe.weights, record.get("weights_sha256"), weights)
    if search.lacks:
        raise ConfigError(f"cannot reproduce {picture}: {'; '.join(search.lacks)}")
    if start is not None:
        changes["init"] = start.name
    config, recipe = replace(config, **_machine(record, config), **changes), replace(recipe, **changes)
    job = PaintJob(
        found,
        [each for each in sources if each],
        config,
        recipe=recipe,
        max_pixels=max_pixels,
        on_download=on_download,
    )
    notes = _notes(record, job.record())
    return Reproduction(job=job, stop_after=record.get("stopped_after"), notes=notes)


def _read(picture: Path_) -> dict[str, Any]:
    text = read_record(picture)
    if text is None:
        raise ConfigError(
            f"{picture} carries no record of how it was made; give a picture that `impasto paint` wrote"
        )
    record = parse_record(text, str(picture))
    mentions = [record.get("content"), record.get("start"), *_list(record.get("styles"))]
    whole = all(
        each is None or (isinstance(each, dict) and {"name", "sha256"} <= set(each)) for each in mentions
    )
    if not (whole and _list(record.get("styles")) and isinstance(record["recipe"], dict)):
        raise ConfigError(f"{picture}: the record in its metadata is not whole; it cannot be reproduced")
    return {"content": None, "start": None, "settings": {}, **record}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _settings(record: Mapping[str, Any], name: str) -> tuple[PaintConfig, Recipe]:
    made_by = f"{name}, made by impasto {record.get('impasto')} (this is {__version__})"
    try:
        config = PaintConfig(**conform(PaintConfig, record["settings"], made_by))
        return config, Recipe(**conform(Recipe, record["recipe"], made_by))
    except TypeError as error:  # a field without a default is missing
        raise ConfigError(f"{made_by}: its record is not whole ({error}); it cannot be reproduced") from None


def _machine(record: Mapping[str, Any], config: PaintConfig) -> dict[str, Any]:
    """Return the settings that lead to the device and precision that were used, as far as they are there."""
    from impasto.studio.device import pick_device, use_bf16

    was = conform(PaintConfig, {key: record[key] for key in ("device", "precision") if key in record})
    changes: dict[str, Any] = {}
    try:
        if pick_device(config.device).type != was.get("device"):
            changes["device"] = pick_device(was.get("device", "auto")).type
    except ConfigError:
        changes["device"] = "auto"
    device = pick_device(changes.get("device", config.device))
    if use_bf16(config.precision, device) != (was.get("precision") == "bf16"):
        changes["precision"] = was.get("precision", "auto")
    return changes


def _notes(record: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    notes = [
        f"{key} is {now[key]}, it was {record.get(key)}; the picture may differ in details"
        for key in MACHINE
        if now[key] != record.get(key)
    ]
    if "preview_at" in record:
        notes.append(
            f"the picture was saved after step {record['preview_at']}; what is made is the finished one"
        )
    return tuple(notes)


class _Search:
    """Looks for what a record names, and notes what is lacking.

    Args:
        folder: Where to look besides the current folder.
        max_pixels: Refuse larger pictures.
    """

    def __init__(self, *, folder: Path, max_pixels: int) -> None:
        self.folder, self.max_pixels = folder, max_pixels
        self.lacks: list[str] = []

    def picture(
        self, role: str, mention: Mapping[str, str] | None, given: Sequence[ImageSource]
    ) -> Picture | None:
        """Return the picture with the recorded hash, among those given or those of its name."""
        if mention is None:
            return None
        name = mention["name"]
        here = [self._read(source) for source in (*given, *self._places(name))]
        for picture in here:
            if picture.sha256 == mention["sha256"]:
                # What is used is recorded by the name it had, but a start is read again by its path.
                return picture if role == "init" else replace(picture, name=name)
        what = f"{here[0].name!r} is not the one that was used" if here else f"{name!r} is not here"
        self.lacks.append(f"{role} {what} (give it with --{role} FILE)")
        return None

    def weights(self, name: str, sha256: str | None, given: Path_ | None) -> dict[str, Any]:
        """Return the change of settings that the weights need, if any."""
        from impasto.studio.encoders import WEIGHT_SETS

        known = {"tiny": sha256, **{each.name: each.sha256 for each in WEIGHT_SETS.values()}}
        if given is None and name in known and known[name] == sha256:
            return {}
        paths = [Path(given)] if given is not None else self._places(name)
        here = [path for path in paths if path.is_file()]
        for path in here:
            if _sha256(path) == sha256:
                return {"weights": str(path)}
        what = f"{str(here[0])!r} are not those that were used" if here else f"{name!r} are not here"
        self.lacks.append(f"weights {what} (give them with --weights FILE)")
        return {}

    def _places(self, name: str) -> list[Path]:
        """Return the files of a recorded name, in the current folder and beside the picture."""
        places = (Path(name), self.folder / name, Path(Path(name).name), self.folder / Path(name).name)
        return [path for path in dict.fromkeys(places) if path.is_file()]

    def _read(self, source: ImageSource) -> Picture:
        return read_image(source, max_pixels=self.max_pixels)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}); give another file of weights"
        ) from error
