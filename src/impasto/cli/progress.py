"""The progress bar, on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from impasto.cli.report import Report

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import TaskID

    from impasto import events


class Bar(Report):
    """One line: size, bar, steps, loss, time left; before it, the download of weights."""

    def __init__(self, console: Console | None = None) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[said]}"),
            console=console or Console(stderr=True),
            transient=True,
        )
        self.task: TaskID | None = None

    def __enter__(self) -> Bar:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self.bar.stop()

    def download(self, done: int, total: int) -> None:
        """Show megabytes."""
        said = f"{done / 1e6:.0f} MB of {total / 1e6:.0f}" if total else f"{done / 1e6:.0f} MB"
        self._show("weights", done, total or None, said)

    def progress(self, event: events.Progress) -> None:
        """Show a step."""
        said = f"{event.iteration}/{event.iterations}  loss {event.loss:.4g}  {clock(event.eta)} left"
        self._show(f"{event.size[1]} x {event.size[0]}", event.iteration, event.iterations, said)

    def _show(self, description: str, done: int, total: int | None, said: str) -> None:
        if self.task is None:
            self.task = self.bar.add_task(description, said=said)
        self.bar.update(self.task, description=description, completed=done, total=total, said=said)


def clock(seconds: float) -> str:
    """Write seconds as h:mm:ss, or as m:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
