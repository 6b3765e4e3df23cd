"""`impasto recipes`: what `--recipe` can be."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from impasto.studio.paint import RECIPES, PaintConfig


def recipes() -> int:
    """List the recipes that `paint` knows, and where each was published."""
    table = Table("recipe", "source", box=None, pad_edge=False)
    for recipe in RECIPES.values():
        default = " (default)" if recipe.name == PaintConfig.recipe else ""
        table.add_row(f"{recipe.name}{default}", recipe.source)
    Console().print(table)
    return 0
