"""The stream of photos: order, squares and batches depend on a number alone, on no worker's pace.

Photo number n of a training is photo n of an endless stream, shuffled anew for each pass over the data. A
step takes the next few numbers; of several processes, each takes every so manyth of them. So the same photos
are seen in the same steps by one process or many, and going on from a checkpoint is going on from a number.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from impasto.errors import ImageError, ImageReadError
from impasto.image import read_square

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from impasto.image import Square
    from impasto.studio.train.augment import Augment
    from impasto.studio.train.photos import Photo

MOST_WORKERS = 8
"""Taken without being asked for: as many decode faster than one GPU trains."""


class Ask(NamedTuple):
    """One photo of a step."""

    number: int
    """In the stream, from 0."""

    size: int
    """Side of the square, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What came of one number, or of several."""

    pixels: Tensor | None
    """(H, W, 3) levels of one photo, (N, H, W, 3) of several; None where nothing could be read."""

    skipped: dict[str, str] = field(default_factory=dict)
    """Photos that another took the place of, by name, and why."""


class PhotoStream(Dataset[Shot]):
    """Squares of photos by their number in the stream.

    Args:
        photos: At least one.
        augment: How they become squares; its seed shuffles them too.
    """

    def __init__(self, photos: Sequence[Photo], augment: Augment) -> None:
        self.photos, self.augment = tuple(photos), augment
        self.bad: dict[str, str] = {}

    def __getitem__(self, ask: Ask) -> Shot:
        """Return a square; of a photo that cannot be read, the next one in order takes the place."""
        passes, place = divmod(ask.number, len(self.photos))
        order = _order(self.augment.seed, passes, len(self.photos))
        skipped: dict[str, str] = {}
        for later in range(len(self.photos)):
            photo = self.photos[order[(place + later) % len(self.photos)]]
            if photo.name not in self.bad:
                try:
                    return Shot(pixels=torch.from_numpy(self._square(photo, ask)), skipped=skipped)
                except (ImageError, OSError) as error:
                    self.bad[photo.name] = str(error)
            skipped[photo.name] = self.bad[photo.name]
        return Shot(pixels=None, skipped=skipped)

    def _square(self, photo: Photo, ask: Ask) -> NDArray[np.uint8]:
        flip = False

        def choose(size: tuple[int, int]) -> Square | None:
            nonlocal flip
            chosen = self.augment.choose(size, ask.size, ask.number)
            if chosen is None:
                return None
            square, flip = chosen
            return square

        pixels = read_square(photo.read(), photo.name, ask.size, choose)
        return np.array(pixels[:, ::-1] if flip else pixels)  # torch takes no array that may not be written


@lru_cache(maxsize=4)
def _order(seed: int, passes: int, count: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, passes)).permutation(count)


def stack(shots: Sequence[Shot]) -> Shot:
    """Put squares of one size into one batch."""
    pixels = [shot.pixels for shot in shots if shot.pixels is not None]
    skipped = {name: why for shot in shots for name, why in shot.skipped.items()}
    return Shot(pixels=torch.stack(pixels) if len(pixels) == len(shots) else None, skipped=skipped)


def to_images(shot: Shot) -> Tensor:
    """Return a batch as `(N, 3, H, W)` float32 sRGB in [0, 1], channels last.

    Raises:
        ImageReadError: Not one of all photos can be read.
    """
    if shot.pixels is None:
        name, why = next(iter(shot.skipped.items()))
        raise ImageReadError(
            f"none of the {len(shot.skipped)} photos can be used; of {name!r} it was said: {why}"
        )
    return shot.pixels.permute(0, 3, 1, 2).float().div_(255)  # as it lies in memory: channels last


def asks_of(
    steps: Iterable[int], sizes: Callable[[int], int], *, batch: int, rank: int = 0, world: int = 1
) -> Iterator[list[Ask]]:
    """Yield what one process asks for in each step.

    Args:
        steps: Numbers of the steps, from 0.
        sizes: From a step to the side of its squares.
        batch: Photos a step in each process.
        rank: Which process this is.
        world: How many there are.
    """
    for step in steps:
        first, size = step * batch * world, sizes(step)
        yield [Ask(number, size) for number in range(first + rank, first + batch * world, world)]


def make_loader(
    stream: PhotoStream, asks: Iterable[list[Ask]], workers: int | None, *, pin: bool = False
) -> Iterator[Shot]:
    """Return the batches asked for, decoded ahead in other processes, or here for 0 workers.

    Args:
        stream: Where they come from.
        asks: What is asked for, batch by batch.
        workers: Processes; None goes by the number of processors.
        pin: Put them where a GPU can fetch them from.
    """
    count = default_workers() if workers is None else workers
    loader = DataLoader(
        stream,
        batch_sampler=asks,
        num_workers=count,
        collate_fn=stack,
        worker_init_fn=_leave_interrupts if count else None,
        pin_memory=pin,
        generator=torch.Generator(),  # or it would take a number of the training's, at every resuming again
    )
    return iter(loader)


def default_workers() -> int:
    """Return how many processes decode photos when none were asked for."""
    return min(MOST_WORKERS, max(1, (os.cpu_count() or 2) // 2))


def _leave_interrupts(_: int) -> None:
    """Let Ctrl-C, which a terminal sends to all processes, be the training's own affair."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
