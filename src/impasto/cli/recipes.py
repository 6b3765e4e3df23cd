"""`impasto recipes`: what `--recipe` can be."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from impasto.studio import paint, train


def recipes() -> int:
    """List the recipes that `paint` and `train` know, and where each was published."""
    known = {
        "paint": (paint.RECIPES, paint.PaintConfig.recipe),
        "train": (train.RECIPES, train.TrainConfig.recipe),
    }
    table = Table("command", "recipe", "source", box=None, pad_edge=False)
    for command, (found, default) in known.items():
        for recipe in found.values():
            marked = " (default)" if recipe.name == default else ""
            table.add_row(command, f"{recipe.name}{marked}", recipe.source)
    Console().print(table)
    return 0
