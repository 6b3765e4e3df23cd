"""What a training yields: progress, sheets of held-out photos, going back, and the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainProgress:
    """One step of a training is done, or a few: on a GPU losses are looked at every few steps."""

    iteration: int
    """Steps done so far; counts from 1."""

    iterations: int
    """Steps that the whole training will take."""

    images: int
    """Photos seen so far, on all devices."""

    size: int
    """Side, in pixels, of the squares trained on."""

    learning_rate: float
    """Of the last step."""

    loss: float
    """The weighted sum of all terms, the mean over the steps since the last event."""

    losses: Mapping[str, float]
    """Each weighted term by name and layer, for instance `style/relu3_3`; they add up to `loss`."""

    images_per_second: float
    """Photos a second, lately."""

    seconds: float
    """Seconds of training, those before it was resumed included."""

    eta: float
    """Estimated seconds until it is done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RolledBack:
    """The training diverged, and goes on from the last good state with a lower learning rate."""

    iteration: int
    """Step at which it diverged."""

    to: int
    """Step that it goes on from."""

    reason: str
    """What was wrong."""

    factor: float
    """What learning rates are multiplied by from now on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """The training has ended; `TrainJob.network` is what it made."""

    iteration: int
    """Steps done."""

    images: int
    """Photos seen."""

    complete: bool
    """False for a training that was stopped."""

    seconds: float
    """Seconds that it took, those before it was resumed included."""

    losses: Mapping[str, float]
    """The last losses, by term and layer; empty when it was stopped before its first step."""

    weights: Mapping[str, float]
    """What each term was multiplied by, as published or calibrated."""

    skipped: Mapping[str, str]
    """Photos that were left out by name, and why: damaged, or too small."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOut:
    """How photos that are not trained on look now."""

    iteration: int
    """Steps done."""

    image: NDArray[np.float32]
    """A sheet of them with what the network makes of each, `(H, W, 3)` float32 sRGB in [0, 1]."""

    losses: Mapping[str, float]
    """Their mean losses, by term and layer."""
