"""`impasto styles`: what `--style` can be, as a table, as JSON, or on a sheet."""

from __future__ import annotations

import json as json_text
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli import say
from impasto.cli.place import Place, Switch
from impasto.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impasto.models.registry import Style


def styles(
    *,
    sheet: Place | None = None,
    output: Annotated[Place | None, Parameter(name=("--output", "-o"))] = None,
    size: Annotated[int, Parameter(validator=Number(gte=16))] = 320,
    base: Place | None = None,
    json: Switch = False,
    quiet: Annotated[Switch, Parameter(name=("--quiet", "-q"))] = False,
) -> int:
    """List the styles that `apply` knows by name; with --sheet, show a photo in all of them.

    Args:
        sheet: A photo to show in every style, on one labelled sheet.
        output: Where the sheet goes: .png, .jpg, .webp, .tif, .avif, .bmp or .gif; - is stdout, as PNG.
        size: Longest side of each picture of the sheet, in pixels.
        base: Folder of the base for the brushes; the installed one when left away.
        json: Print the styles as JSON, with all that their cards say; of a sheet, every event.
        quiet: Show no progress, and only say what went wrong.
    """
    from impasto.models.registry import own_folder
    from impasto.models.registry import styles as installed

    found = installed()
    if sheet is not None:
        from impasto.cli.style_sheet import show

        return show(found, sheet, output, size=size, base=base, json=json, quiet=quiet)
    if output is not None or base is not None:
        raise ConfigError("-o and --base are for a sheet; write: impasto styles --sheet PHOTO -o sheet.png")
    if json:
        print(json_text.dumps([_told(style) for style in found]))
    elif found:
        _print_table(found)
    else:
        places = f"models (NAME.onnx) into {own_folder()}, brushes (NAME.brush) into {own_folder('brush')}"
        say(f"no style is installed; put {places}")
    return 0


def _told(style: Style) -> dict[str, object]:
    return {
        "name": style.name,
        "kind": style.kind,
        "path": str(style.path),
        "bytes": style.path.stat().st_size,
        "card": style.card and style.card.to_dict(),
    }


def _print_table(found: Sequence[Style]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    name = Column("style", no_wrap=True)  # it is to be typed, so what is cut or broken is all else
    others = [Column(title, overflow="fold") for title in ("kind", "title", "artist", "year")]
    table = Table(name, *others, box=None, pad_edge=False)
    for called, _, card, kind in found:
        said = (card.title, card.artist, card.year) if card else (f"damaged, or not a {kind}", "", "")
        table.add_row(called, kind, *said)
    Console(markup=False).print(table)
