"""`impasto styles --sheet`: one photo in every style that is installed, labelled."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.cli import SOME_FAILED, say
from impasto.cli.output import Output
from impasto.cli.plan import Task
from impasto.cli.tally import make_tally
from impasto.errors import ArtifactError, ConfigError, ImpastoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impasto.cli.tally import Tally
    from impasto.image import Cell, Picture
    from impasto.models.base import Base
    from impasto.models.registry import Style


def show(
    styles: Sequence[Style],
    photo: str,
    path: str | None,
    *,
    size: int,
    base: str | None,
    json: bool,
    quiet: bool,
) -> int:
    """Draw the sheet; styles that fail are left out, and named at the end.

    Args:
        styles: Installed ones.
        photo: What is shown in them.
        path: Where the sheet goes.
        size: Longest side of each picture.
        base: Folder of the base for the brushes.
        json: Print events.
        quiet: Show no progress.

    Returns:
        The exit code: 0, or 1 when some failed.

    Raises:
        ImpastoError: The photo, the base or the output cannot be used, or no style.
    """
    from impasto.image import check_output, draw_sheet, read_image, write_image

    if path is None:
        raise ConfigError("say where the sheet goes, for instance -o sheet.png; -o - is stdout")
    if not styles:
        raise ConfigError("no style is installed, so there is nothing to show; see `impasto styles`")
    output = Output(output=path, json=json, quiet=quiet)
    if path != "-" and Path(path).resolve() == Path(photo).resolve():
        raise ConfigError(f"{path} is read, and would be overwritten; choose another place for -o")
    check_output(path, bit_depth=output.bit_depth)
    picture, opened = read_image(photo), _base(styles, base)
    with make_tally(output, len(styles)) as tally:
        cells = [_original(picture, size), *_cells(styles, picture, size, opened, tally)]
    if len(cells) == 1:
        raise ArtifactError(f"none of the {len(styles)} styles can be shown: {tally.failures[0]}")
    columns = math.ceil(math.sqrt(len(cells)))  # about as wide as high
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    write_image(path, draw_sheet(rows))
    if not quiet and not json:
        say(f"wrote {'stdout' if path == '-' else path} ({len(cells) - 1} styles)")
    for failure in tally.failures:
        say(f"failed: {failure}")
    return SOME_FAILED if tally.failures else 0


def _base(styles: Sequence[Style], folder: str | None) -> Base | None:
    """Open the base once, where there are brushes: without it, one line and not one for each brush."""
    from impasto.models.base import Base

    return Base(folder) if any(style.kind == "brush" for style in styles) else None


def _original(photo: Picture, size: int) -> Cell:
    from impasto.image import Cell, fit_size, resize

    return Cell(pixels=resize(photo.pixels, fit_size(photo.size, size)), caption="the photo")


def _cells(styles: Sequence[Style], photo: Picture, size: int, base: Base | None, tally: Tally) -> list[Cell]:
    from impasto.image import Cell
    from impasto.models.config import ApplyConfig
    from impasto.models.stylizer import Stylizer

    cells = []
    names = [style.name for style in styles]
    for style in styles:
        task = Task(style.name, style.name)
        try:
            made = Stylizer(style.path, base=base).stylize(photo, ApplyConfig(size=size))
        except ImpastoError as error:
            tally.failed(task, str(error))
        else:
            tally.made(task, made)
            cells.append(Cell(pixels=made.pixels, caption=_caption(style, names.count(style.name) > 1)))
    return cells


def _caption(style: Style, twice: bool) -> str:
    card = style.card
    said = ", ".join(each for each in (card.title, card.artist, card.year) if each) if card else ""
    return f"{said or style.name}{f' ({style.kind})' * twice}"
