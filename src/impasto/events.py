"""What every long job yields: Progress while it works, Preview of the picture so far, Done at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """One step of a long job is done."""

    iteration: int
    """Steps done so far, over all scales; counts from 1."""

    iterations: int
    """Steps that the whole job will take."""

    scale: int
    """Longest side, in pixels, of the picture being worked on."""

    size: tuple[int, int]
    """Height and width, in pixels, of the picture being worked on."""

    loss: float
    """The weighted sum of all terms."""

    losses: Mapping[str, float]
    """Each weighted term by name and layer, for instance `style/relu3_1`; they add up to `loss`."""

    seconds: float
    """Seconds since the job (or its resumed part) began."""

    eta: float
    """Estimated seconds until it is done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The picture as it is now."""

    iteration: int
    """Steps done when it was taken."""

    image: NDArray[np.float32]
    """`(H, W, 3)` float32 sRGB in [0, 1]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """The job has ended; this is what it made."""

    image: NDArray[np.float32] | None
    """`(H, W, 3)` float32 sRGB in [0, 1]; None when the job was stopped before its first step."""

    alpha: NDArray[np.float32] | None = None
    """`(H, W)` float32 in [0, 1], or None for an opaque picture."""

    complete: bool = True
    """False for a job that was stopped: the image is the best it had."""

    seconds: float
    """Seconds that the job took."""

    record: Mapping[str, Any] = field(default_factory=dict)
    """All that is needed to make the picture again: settings, seed, hashes, version."""
