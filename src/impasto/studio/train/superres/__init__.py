"""Training of super-resolution networks with the same engine (Johnson et al. 2016, part two)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impasto.errors import MissingExtraError
from impasto.studio.train.superres.config import SuperConfig
from impasto.studio.train.superres.recipe import SUPER_RECIPES, SuperRecipe

if TYPE_CHECKING:
    from impasto.studio.train.superres.job import SuperJob

__all__ = ["SUPER_RECIPES", "SuperConfig", "SuperJob", "SuperRecipe"]


def __getattr__(name: str) -> Any:
    # Settings and recipes can be read, and the command's help shown, without importing torch.
    if name != "SuperJob":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from impasto.studio.train.superres.job import SuperJob
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "lightning_fabric"):
            raise
        raise MissingExtraError("training needs PyTorch: pip install 'impasto[studio]'") from error
    return SuperJob
