"""`impasto recipes`: what `--recipe` can be."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from impasto.studio import paint, train
from impasto.studio.train.superres import SUPER_RECIPES, SuperConfig


def recipes() -> int:
    """List the recipes that `paint` and `train` know, and where each was published."""
    table = Table("command", "recipe", "source", box=None, pad_edge=False)
    for painting in paint.RECIPES.values():
        table.add_row("paint", _marked(painting.name, paint.PaintConfig.recipe), painting.source)
    for training in train.RECIPES.values():
        table.add_row("train", _marked(training.name, train.TrainConfig.recipe), training.source)
    for larger in SUPER_RECIPES.values():
        table.add_row("train superres", _marked(larger.name, SuperConfig.recipe), larger.source)
    Console().print(table)
    return 0


def _marked(name: str, default: str) -> str:
    return f"{name} (default)" if name == default else name
