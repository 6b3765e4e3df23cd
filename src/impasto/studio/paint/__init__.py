"""Painting by optimization (Gatys et al. 2015): pictures and settings in, events out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impasto.errors import MissingExtraError
from impasto.studio.paint.config import PaintConfig
from impasto.studio.paint.published import RECIPES
from impasto.studio.paint.recipe import Recipe

if TYPE_CHECKING:
    from impasto.studio.paint.job import PaintJob

__all__ = ["RECIPES", "PaintConfig", "PaintJob", "Recipe"]


def __getattr__(name: str) -> Any:
    # Settings and recipes can be read, and the command's help shown, without importing torch.
    if name != "PaintJob":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from impasto.studio.paint.job import PaintJob
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("painting needs PyTorch: pip install 'impasto[studio]'") from error
    return PaintJob
