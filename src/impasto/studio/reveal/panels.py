"""Figures of several panels, each painted on its own, as in Gatys et al. 2015: what all of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impasto.errors import ConfigError, DivergenceError
from impasto.events import Done, Progress
from impasto.image import fit_size, read_image, resize
from impasto.studio.paint import PaintConfig, PaintJob
from impasto.studio.paint.record import identity_of
from impasto.studio.reveal.kept import Keep

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from impasto.events import Preview
    from impasto.image import ImageSource
    from impasto.studio.device import Device
    from impasto.studio.paint import Recipe
    from impasto.studio.paint.config import Pooling

    Pixels = NDArray[np.float32]

Measure = Callable[[PaintJob, "Pixels"], float]
"""Tells a number of a painted picture, by the job that painted it."""


@dataclass(frozen=True, kw_only=True)
class FigureConfig:
    """What all figures of painted panels can be told."""

    size: int = 192
    """Longest side of a panel in pixels."""

    iterations: int | None = None
    """Evaluations of the loss for each panel, at its final size; None takes the recipe's."""

    pooling: Pooling | None = None
    """How the encoder halves its maps; None takes the recipe's."""

    weights: str = "vgg19-original"
    """Encoder: vgg19-original, vgg19-torchvision, vgg16-torchvision, or a .pth or .safetensors file."""

    seed: int = 0
    """Seed of the white noise."""

    device: Device = "auto"
    """Where to compute."""

    def __post_init__(self) -> None:
        """Check what can be checked without pictures.

        Raises:
            ConfigError: For a value out of range, naming it and the valid ones.
        """
        self.paint_config()

    def paint_config(self, **others: Any) -> PaintConfig:
        """Return the settings of a panel, some of which are its own.

        Args:
            others: Fields of `PaintConfig`.
        """
        return PaintConfig(
            size=self.size,
            iterations=self.iterations,
            pooling=self.pooling,
            weights=self.weights,
            seed=self.seed,
            device=self.device,
            **others,
        )


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One picture of a figure, before it is painted."""

    label: str
    """What it is called."""

    recipe: Recipe
    """How it is painted."""

    config: PaintConfig
    """Its settings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PanelProgress:
    """One step of one panel is done."""

    panel: int
    """Which one; counts from 1."""

    panels: int
    """How many the figure has."""

    label: str
    """What it is called."""

    progress: Progress
    """The step; its own times are the panel's."""

    eta: float
    """Estimated seconds until the figure is done, as if all that is to be painted took as long as this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PanelDone:
    """One panel is done."""

    panel: int
    """Which one; counts from 1."""

    panels: int
    """How many the figure has."""

    label: str
    """What it is called."""

    image: Pixels
    """`(H, W, 3)` float32 sRGB in [0, 1]."""

    numbers: Mapping[str, float]
    """What was measured of it."""

    reused: bool
    """Whether an earlier run had painted it."""


class PanelJob:
    """A figure's panels: pictures and recipes in, events out.

    Pictures are read and settings checked when it is made, for all panels: what is wrong is said before any
    work. All recipes must ask for the same encoder.

    Args:
        kind: What figure it is, as panels of different ones are measured differently.
        content: What is painted; None for textures.
        style: In whose style.
        panels: What to paint, in order.
        measures: What to measure of each panel, by name.
        cells: Folder to keep finished panels in, and to take those from that an earlier run has finished;
            None keeps none. A panel is found again by the hash of all that decides its pixels.
        max_pixels: Refuse larger pictures, before decoding them.
        on_download: Called with bytes done and bytes in all while weights are downloaded.

    Raises:
        ImpastoError: For pictures, settings, weights or a folder that cannot be used.
    """

    def __init__(
        self,
        kind: str,
        content: ImageSource | None,
        style: ImageSource,
        panels: Sequence[Panel],
        measures: Mapping[str, Measure],
        *,
        cells: str | os.PathLike[str] | None = None,
        max_pixels: int = 200_000_000,
        on_download: Callable[[int, int], None] | None = None,
    ) -> None:
        self.kind, self.panels, self.measures = kind, tuple(panels), measures
        self.keep = None if cells is None else Keep(cells)
        photo = None if content is None else read_image(content, max_pixels=max_pixels)
        painting = photo if style is content and photo else read_image(style, max_pixels=max_pixels)
        self.jobs: list[PaintJob] = []
        # From the last, which mostly is the deepest: of pictures that are too small, it asks for the largest.
        for panel in reversed(self.panels):
            job = PaintJob(photo, [painting], panel.config, recipe=panel.recipe, on_download=on_download)
            if self.jobs:
                job.encoder = self.jobs[0].encoder  # one copy of the weights, not one a panel
            self.jobs.insert(0, job)
        size = self.jobs[0].size
        self.content = None if photo is None else resize(photo.pixels, size)
        """The photo as large as the panels, `(H, W, 3)`."""
        self.style = resize(painting.pixels, fit_size(painting.size, max(size)))
        """The painting, its longest side as that of the panels, `(H, W, 3)`."""
        self._stopped = False

    def stop(self) -> None:
        """Ask it to end after the step it is in; finished panels are kept. Safe in a signal handler."""
        self._stopped = True
        for job in self.jobs:
            job.stop()

    def events(self) -> Iterator[PanelProgress | PanelDone]:
        """Paint the panels, in order.

        Yields:
            PanelProgress after every step, PanelDone after every panel. One that was stopped ends without the
            PanelDone of the panel it was in.

        Raises:
            DivergenceError: When the loss of a panel is not finite, or far above what it has been.
            ImageWriteError: When a panel cannot be kept.
        """
        for index in range(len(self.jobs)):
            if self._stopped:
                return
            done = self._kept(index, reused=True) or (yield from self._paint(index))
            if done is None:
                return
            yield done

    def _paint(self, index: int) -> Generator[PanelProgress, None, PanelDone | None]:
        """Paint one panel, and keep it; None when it was stopped."""
        panel = self.panels[index]
        later = len(self.jobs) - index - 1 - sum(map(self._is_there, range(index + 1, len(self.jobs))))
        for event in self._events(index):
            if isinstance(event, Progress):
                eta = event.eta + later * (event.seconds + event.eta)
                yield PanelProgress(
                    panel=index + 1, panels=len(self.jobs), label=panel.label, progress=event, eta=eta
                )
            elif isinstance(event, Done) and event.complete and event.image is not None:
                return self._finish(index, event.image)
        return None

    def _events(self, index: int) -> Iterator[Progress | Preview | Done]:
        try:
            yield from self.jobs[index].events()
        except DivergenceError as error:  # its remedies are those of a single painting, not of a figure
            kept = "" if self.keep is None else "; finished panels are kept"
            raise DivergenceError(
                f"the loss of panel {self.panels[index].label!r} left all bounds; "
                f"try another --seed, --size or --pooling{kept}"
            ) from error

    def _finish(self, index: int, image: Pixels) -> PanelDone:
        job = self.jobs[index]
        job.stage = None  # the optimizer's memory of a hundred pictures
        numbers = {name: measure(job, image) for name, measure in self.measures.items()}
        if self.keep is not None:
            identity = self.identity(index)
            path = self.keep.path(self.panels[index].label, identity)
            self.keep.save(path, identity, image, numbers, job.record())
        # What was kept has whole gray levels: so has what is shown, now as after a resumed run.
        return self._kept(index, reused=False) or self._done(index, image, numbers, reused=False)

    def _kept(self, index: int, *, reused: bool) -> PanelDone | None:
        if self.keep is None:
            return None
        identity = self.identity(index)
        path = self.keep.path(self.panels[index].label, identity)
        kept = self.keep.load(path, identity, self.jobs[index].size)
        return None if kept is None else self._done(index, kept.image, kept.numbers, reused=reused)

    def _done(self, index: int, image: Pixels, numbers: Mapping[str, float], *, reused: bool) -> PanelDone:
        return PanelDone(
            panel=index + 1,
            panels=len(self.jobs),
            label=self.panels[index].label,
            image=image,
            numbers=numbers,
            reused=reused,
        )

    def _is_there(self, index: int) -> bool:
        path = self.path(index)
        return path is not None and path.is_file()

    def path(self, index: int) -> Path | None:
        """Return where a panel is kept, by its place among all; None where none are."""
        return None if self.keep is None else self.keep.path(self.panels[index].label, self.identity(index))

    def identity(self, index: int) -> dict[str, Any]:
        """Return all that the pixels and numbers of a panel depend on."""
        job = self.jobs[index]
        return {"figure": self.kind, **identity_of(job.record(), job.config)}


def check_each_once(name: str, values: Sequence[object]) -> None:
    """Refuse a list that is empty, or in which something is twice.

    Raises:
        ConfigError: Naming it.
    """
    if not values or len(set(values)) < len(values):
        shown = ", ".join(map(str, values)) or "empty"
        raise ConfigError(f"{name} is {shown}; give at least one, and each once")
