"""Neural style transfer: choose how long you want to wait.

Everything here is loaded when it is first used: importing impasto imports neither NumPy nor torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from impasto._version import __version__

if TYPE_CHECKING:
    from impasto.errors import (
        ArtifactError,
        CheckpointError,
        ConfigError,
        DivergenceError,
        ImageError,
        ImageReadError,
        ImageTooLargeError,
        ImageTooSmallError,
        ImageWriteError,
        ImpastoError,
        MissingExtraError,
        WeightsError,
    )
    from impasto.events import Done, Preview, Progress
    from impasto.image import Painting, Upscaled
    from impasto.models.brush import Brush
    from impasto.models.registry import styles
    from impasto.models.stylizer import Stylizer, apply
    from impasto.models.upscaler import Upscaler, upscale
    from impasto.studio.paint import RECIPES, PaintConfig, PaintJob, Recipe
    from impasto.studio.paint.painting import paint, paint_events
    from impasto.studio.paint.reproduce import reproduce
    from impasto.studio.train import TrainConfig, TrainJob, TrainRecipe
    from impasto.studio.train.superres import SuperConfig, SuperJob
    from impasto.studio.train.training import Training, train, train_superres

__all__ = [
    "RECIPES",
    "ArtifactError",
    "Brush",
    "CheckpointError",
    "ConfigError",
    "DivergenceError",
    "Done",
    "ImageError",
    "ImageReadError",
    "ImageTooLargeError",
    "ImageTooSmallError",
    "ImageWriteError",
    "ImpastoError",
    "MissingExtraError",
    "PaintConfig",
    "PaintJob",
    "Painting",
    "Preview",
    "Progress",
    "Recipe",
    "Stylizer",
    "SuperConfig",
    "SuperJob",
    "TrainConfig",
    "TrainJob",
    "TrainRecipe",
    "Training",
    "Upscaled",
    "Upscaler",
    "WeightsError",
    "__version__",
    "apply",
    "paint",
    "paint_events",
    "reproduce",
    "styles",
    "train",
    "train_superres",
    "upscale",
]

_HOMES = {
    "impasto.events": ("Done", "Preview", "Progress"),
    "impasto.image": ("Painting", "Upscaled"),
    "impasto.models.brush": ("Brush",),
    "impasto.models.registry": ("styles",),
    "impasto.models.stylizer": ("Stylizer", "apply"),
    "impasto.models.upscaler": ("Upscaler", "upscale"),
    "impasto.studio.paint": ("RECIPES", "PaintConfig", "PaintJob", "Recipe"),
    "impasto.studio.paint.painting": ("paint", "paint_events"),
    "impasto.studio.paint.reproduce": ("reproduce",),
    "impasto.studio.train": ("TrainConfig", "TrainJob", "TrainRecipe"),
    "impasto.studio.train.superres": ("SuperConfig", "SuperJob"),
    "impasto.studio.train.training": ("Training", "train", "train_superres"),
    "impasto.errors": tuple(name for name in __all__ if name.endswith("Error")),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
