"""`impasto styles`: what `--style` can be."""

from __future__ import annotations

import json as json_text

from impasto.cli import say
from impasto.cli.place import Switch


def styles(*, json: Switch = False) -> int:
    """List the styles that `apply` knows by name.

    Args:
        json: Print them as JSON, with all that their cards say.
    """
    from impasto.models.registry import own_folder
    from impasto.models.registry import styles as installed

    found = installed()
    if json:
        listed = [
            {
                "name": style.name,
                "path": str(style.path),
                "bytes": style.path.stat().st_size,
                "card": style.card and style.card.to_dict(),
            }
            for style in found
        ]
        print(json_text.dumps(listed))
        return 0
    if not found:
        say(f"no style is installed; put models (NAME.onnx) into {own_folder()}")
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("style", "title", "artist", "year", "KB", box=None, pad_edge=False)
    table.columns[-1].justify = "right"
    for name, path, card in found:
        said = (card.title, card.artist, card.year) if card else ("damaged, or not a model", "", "")
        table.add_row(name, *said, f"{path.stat().st_size / 1000:.0f}")
    Console(markup=False).print(table)
    return 0
