"""Training of feed-forward networks (Johnson et al. 2016): a painting and photos in, a network out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impasto.errors import MissingExtraError
from impasto.studio.train.config import TrainConfig
from impasto.studio.train.published import RECIPES
from impasto.studio.train.recipe import TrainRecipe

if TYPE_CHECKING:
    from impasto.studio.train.engine import TrainJob

__all__ = ["RECIPES", "TrainConfig", "TrainJob", "TrainRecipe"]


def __getattr__(name: str) -> Any:
    # Settings and recipes can be read, and the command's help shown, without importing torch.
    if name != "TrainJob":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from impasto.studio.train.engine import TrainJob
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "lightning_fabric"):
            raise
        raise MissingExtraError("training needs PyTorch: pip install 'impasto[studio]'") from error
    return TrainJob
