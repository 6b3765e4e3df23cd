"""What is told of a job while it works: nothing, lines of JSON, or (in progress.py) a bar."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from impasto.cli.output import Output
    from impasto.events import Done, Progress


class Report:
    """Tells nothing; the others fill in what they tell."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""

    def download(self, done: int, total: int) -> None:
        """Weights are being downloaded: bytes done, and in all or 0."""

    def progress(self, event: Progress) -> None:
        """One step is done."""

    def preview(self, iteration: int, path: str) -> None:
        """The picture as it is now was saved."""

    def done(self, event: Done, path: str | None) -> None:
        """The job has ended, and the picture was saved, if there is one."""


class JsonLines(Report):
    """Prints each event on stdout as one line of JSON, whose key `event` says which it is."""

    def download(self, done: int, total: int) -> None:
        """Print bytes."""
        _print({"event": "download", "done": done, "total": total})

    def progress(self, event: Progress) -> None:
        """Print all fields."""
        _print({"event": "progress", **asdict(event)})

    def preview(self, iteration: int, path: str) -> None:
        """Print the path; the pixels are there."""
        _print({"event": "preview", "iteration": iteration, "path": path})

    def done(self, event: Done, path: str | None) -> None:
        """Print the path, the size, and the record."""
        size = None if event.image is None else event.image.shape[:2]
        shown = {"complete": event.complete, "seconds": event.seconds, "path": path, "size": size}
        _print({"event": "done", **shown, "record": dict(event.record)})


def _print(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def make_report(output: Output) -> Report:
    """Return what the flags and the terminal ask for."""
    if output.json:
        return JsonLines()
    if output.quiet or not sys.stderr.isatty():
        return Report()
    from impasto.cli.progress import Bar

    return Bar()
