"""What the commands of painted panels share: their flags, the painting, and the table of numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from impasto.cli import INTERRUPTED, say
from impasto.cli.output import Output
from impasto.cli.place import Place
from impasto.cli.reveal.figure import check_figure, deliver, print_line, watching
from impasto.errors import ConfigError
from impasto.studio.device import Device
from impasto.studio.paint.config import Pooling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from impasto.studio.reveal.panels import PanelDone, PanelJob

    Draw = Callable[[PanelJob, Sequence[PanelDone]], NDArray[np.float32]]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PanelFlags:
    """How panels are painted, and where they are kept."""

    size: int | None = None
    """Longest side of a panel in pixels; 192, and 256 for style, when left away."""

    iterations: int | None = None
    """Evaluations of the loss for each panel; content 300, style 250, grid 200, weights 20."""

    pooling: Pooling | None = None
    """How the encoder halves its maps; average as in the paper, and max for weights, when left away."""

    weights: Place | None = None
    """Encoder: vgg19-original, vgg19-torchvision, vgg16-torchvision, or a .pth or .safetensors file."""

    seed: int | None = None
    """Seed of the white noise; 0 when left away."""

    device: Device = "auto"
    """Where to compute."""

    cells: Annotated[Place | None, Parameter(metavar="FOLDER")] = None
    """Folder to keep finished panels in, which a later run takes up again; OUT-cells when left away."""

    def typed(self) -> dict[str, Any]:
        """Return the fields of a figure's settings that were typed."""
        given = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "cells"}
        return {name: value for name, value in given.items() if value is not None}


def check_sources(output: Output, sources: Sequence[str]) -> None:
    """See, before any work, that the figure can be written, and that stdin is read once at most.

    Args:
        output: The flags.
        sources: The pictures that are read.

    Raises:
        ConfigError: As of `check_figure`, or for two pictures from stdin.
        ImageWriteError: As of `check_figure`.
    """
    if sources.count("-") > 1:
        raise ConfigError("- was given for two pictures, but stdin holds one; give a file for the other")
    check_figure(output, sources)


def paint_figure(
    make: Callable[..., PanelJob],
    pictures: Sequence[str],
    config: object,
    output: Output,
    flags: PanelFlags,
    draw: Draw,
) -> int:
    """Paint the panels of a figure, print the table of their numbers, and write the figure.

    Args:
        make: Makes the job of the pictures and the settings.
        pictures: The pictures, as `make` takes them.
        config: The settings, as `make` takes them.
        output: Where the figure goes.
        flags: Where the panels go.
        draw: Makes the figure.

    Returns:
        The exit code: 0, or 130 after Ctrl-C, when finished panels are kept.

    Raises:
        ImpastoError: As of `PanelJob`.
    """
    cells = _cells(output, flags)
    done: list[PanelDone] = []
    try:
        with watching(output) as watch:
            job = make(
                *pictures,
                config,
                cells=cells,
                max_pixels=output.max_pixels,
                on_download=watch.download,
            )
            _watch(job, done, output, watch.step)
    except KeyboardInterrupt:
        say(_stopped(len(done), cells))
        return INTERRUPTED
    if not output.json and not output.quiet and output.output != "-":
        _print(done)
    return deliver(draw(job, done), output, _numbers(job, done, pictures))


def _cells(output: Output, flags: PanelFlags) -> str | None:
    """Return where panels are kept: where it was said, or beside the figure."""
    if flags.cells is not None or output.output in (None, "-"):
        return flags.cells
    place = Path(str(output.output))
    return str(place.with_name(f"{place.stem}-cells"))


def _watch(job: PanelJob, done: list[PanelDone], output: Output, step: Callable[..., None]) -> None:
    """Run a job to its end; `done` is filled on the way."""
    from impasto.studio.reveal.panels import PanelProgress

    for event in job.events():
        if isinstance(event, PanelProgress):
            each = event.progress.iterations
            step(
                (event.panel - 1) * each + event.progress.iteration,
                event.panels * each,
                f"{event.panel}/{event.panels} {event.label}",
                {"loss": event.progress.loss, "eta": event.eta},
            )
            continue
        done.append(event)
        if output.json:
            print_line({"event": "panel", "panel": event.panel, "panels": event.panels, **_told(job, event)})


def _told(job: PanelJob, event: PanelDone) -> dict[str, Any]:
    path = job.path(event.panel - 1)
    return {
        "label": event.label,
        **event.numbers,
        "reused": event.reused,
        "path": None if path is None else str(path),
    }


def _stopped(done: int, cells: str | None) -> str:
    panels = f"stopped with {done} {'panel' if done == 1 else 'panels'} finished"
    if cells is None:
        return f"{panels}; nothing was written, as no --cells were given"
    kept = f", kept in {cells}" if done else ""
    return f"{panels}{kept}; give the same command again to go on"


def _numbers(job: PanelJob, done: Sequence[PanelDone], pictures: Sequence[str]) -> dict[str, Any]:
    return {
        "figure": job.kind,
        "pictures": pictures,
        "size": job.jobs[0].size,
        "panels": [_told(job, event) for event in done],
    }


def _print(done: Sequence[PanelDone]) -> None:
    """Print the table: a row for each panel, a column for each number."""
    from rich.console import Console
    from rich.table import Table

    table = Table("panel", box=None, pad_edge=False)
    for name in done[0].numbers:
        table.add_column(name, justify="right")
    for event in done:
        table.add_row(event.label, *(show(name, number) for name, number in event.numbers.items()))
    Console().print(table)


FORMATS: Mapping[str, str] = {"psnr": "{:.1f} dB", "pixel": "{:.2f}"}
"""How numbers are written; those of other names are shares, of which small ones tell as much."""


def show(name: str, number: float) -> str:
    """Write a number as the tables and captions do.

    Args:
        name: What it is called.
        number: The number.
    """
    return FORMATS.get(name, "{:.2g}").format(number)


def caption(event: PanelDone, *, names: Mapping[str, str]) -> str:
    """Return what is said below a panel: its numbers, one a line.

    Args:
        event: The panel.
        names: What each number is called below a picture.
    """
    return "\n".join(f"{told} {show(name, event.numbers[name])}" for name, told in names.items())


def read_words(text: str) -> tuple[str, ...]:
    """Read names with commas between them."""
    return tuple(word.strip() for word in text.split(","))


def read_numbers(name: str, text: str) -> tuple[float, ...]:
    """Read numbers with commas between them.

    Args:
        name: What they are, for messages.
        text: As typed.

    Raises:
        ConfigError: When they are not numbers.
    """
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        raise ConfigError(
            f"{name} is {text!r}; give numbers with commas between them, such as 0.01,0.1"
        ) from None
