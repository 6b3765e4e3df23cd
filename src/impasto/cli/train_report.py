"""What is told of a training while it works: nothing, lines of JSON, or a bar."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

from impasto.cli.progress import Bar, clock
from impasto.cli.report import Report

if TYPE_CHECKING:
    from impasto.cli.train import Told
    from impasto.studio.train.events import HeldOut, RolledBack, Trained, TrainProgress


class TrainReport(Report):
    """Tells nothing; the others fill in what they tell."""

    def trained(self, event: TrainProgress) -> None:
        """A step is done, or a few."""

    def held_out(self, event: HeldOut, path: str) -> None:
        """A sheet of held-out photos was saved."""

    def rolled_back(self, event: RolledBack) -> None:
        """The training diverged, and went back."""

    def ended(self, event: Trained, paths: dict[str, str]) -> None:
        """The training has ended, and its files were written."""


class JsonTraining(TrainReport):
    """Prints each event on stdout as one line of JSON, whose key `event` says which it is."""

    def download(self, done: int, total: int) -> None:
        """Print bytes."""
        _print({"event": "download", "done": done, "total": total})

    def trained(self, event: TrainProgress) -> None:
        """Print all fields."""
        _print({"event": "progress", **asdict(event)})

    def held_out(self, event: HeldOut, path: str) -> None:
        """Print the path; the pixels are there."""
        losses = dict(event.losses)
        _print({"event": "held_out", "iteration": event.iteration, "path": path, "losses": losses})

    def rolled_back(self, event: RolledBack) -> None:
        """Print all fields."""
        _print({"event": "rolled_back", **asdict(event)})

    def ended(self, event: Trained, paths: dict[str, str]) -> None:
        """Print all fields, and the paths."""
        _print({"event": "done", **asdict(event), **paths})


class TrainBar(Bar, TrainReport):
    """One line: size, bar, steps, loss, photos a second, time left."""

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def trained(self, event: TrainProgress) -> None:
        """Show a step."""
        speed = f"{event.images_per_second:.1f} images/s"
        left = f"{clock(event.eta)} left"
        said = f"{event.iteration}/{event.iterations}  loss {event.loss:.4g}  {speed}  {left}"
        self._show(f"{event.size} px", event.iteration, event.iterations, said)


def _print(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def make_report(told: Told) -> TrainReport:
    """Return what the flags and the terminal ask for; a process that does not lead tells nothing."""
    from impasto.studio.train.places import leads

    if not leads():
        return TrainReport()
    if told.json:
        return JsonTraining()
    return TrainReport() if told.quiet or not sys.stderr.isatty() else TrainBar()
