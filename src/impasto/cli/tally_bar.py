"""The progress bars of many pictures, and of one that is made in tiles, on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from impasto.cli.tally import Tally

if TYPE_CHECKING:
    from types import TracebackType

    from impasto.cli.plan import Task
    from impasto.cli.tally import Made


class BarTally(Tally):
    """One line: bar, pictures, time left, the last file."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        super().__init__()
        self.bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console or Console(stderr=True),
            transient=True,
        )
        self.task = self.bar.add_task("", total=total)

    def __enter__(self) -> BarTally:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self.bar.stop()

    def tile(self, done: int, tiles: int) -> None:
        """Go on within a picture; to write its file is as much as a tile."""
        self.bar.update(self.task, completed=self.count + done / (tiles + 1))

    def made(self, task: Task, picture: Made) -> None:
        """Go on."""
        super().made(task, picture)
        self._show(task)

    def skipped(self, task: Task) -> None:
        """Go on."""
        super().skipped(task)
        self._show(task)

    def failed(self, task: Task, reason: str) -> None:
        """Go on; the reasons come at the end."""
        super().failed(task, reason)
        self._show(task)

    def _show(self, task: Task) -> None:
        self.bar.update(self.task, completed=self.count, description=task.source)


def tile_bar(console: Console | None = None) -> Progress:
    """Return a line: bar, tiles, time left."""
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
        console=console or Console(stderr=True),
        transient=True,
    )
