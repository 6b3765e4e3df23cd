"""Painting from Python: `paint` returns the picture, `paint_events` shows it coming into being."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from impasto.errors import ImpastoError
from impasto.events import Done
from impasto.image import Painting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from impasto.events import Preview, Progress
    from impasto.image import ImageSource
    from impasto.studio.paint.config import PaintConfig
    from impasto.studio.paint.recipe import Recipe


def paint(
    content: ImageSource | None,
    style: ImageSource | Sequence[ImageSource],
    config: PaintConfig | None = None,
    *,
    recipe: Recipe | None = None,
) -> Painting:
    """Paint a picture in the style of others, by optimizing its pixels (Gatys et al. 2015).

    Args:
        content: What to paint: a path, PIL image or array; None makes a texture from the style alone.
        style: In whose style: one picture, or several to blend.
        config: How.
        recipe: A recipe of your own in place of the one that `config` names.

    Raises:
        ImpastoError: For pictures and settings that cannot be used, and for an optimization that diverges.
    """
    return finish(paint_events(content, style, config, recipe=recipe))


def paint_events(
    content: ImageSource | None,
    style: ImageSource | Sequence[ImageSource],
    config: PaintConfig | None = None,
    *,
    recipe: Recipe | None = None,
) -> Iterator[Progress | Preview | Done]:
    """Paint as `paint` does; yield Progress after every step, Preview as `config` asks, and Done at the end.

    Pictures and settings are checked when it is called. For checkpoints, and to stop early, see `PaintJob`.
    """
    from impasto.studio.paint import PaintJob

    return PaintJob(content, listed(style), config, recipe=recipe).events()


def listed(sources: ImageSource | Sequence[ImageSource]) -> list[ImageSource]:
    """Return one picture, or several, as a list."""
    several = isinstance(sources, Sequence) and not isinstance(sources, str)
    return list(cast("Sequence[ImageSource]", sources)) if several else [cast("ImageSource", sources)]


def finish(events: Iterable[Progress | Preview | Done]) -> Painting:
    """Run a job to its end and return what it made."""
    for event in events:
        if isinstance(event, Done):
            return painting(event)
    raise AssertionError("a job ends with Done")


def painting(done: Done) -> Painting:
    """Return what a job made.

    Raises:
        ImpastoError: When it was stopped before its first step.
    """
    if done.image is None:
        raise ImpastoError("the job was stopped before its first step; there is no picture")
    return Painting(pixels=done.image, alpha=done.alpha, record=done.record, seconds=done.seconds)
