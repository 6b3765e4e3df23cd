"""What is told of pictures while they are made: nothing, lines of JSON, or (in tally_bar.py) a bar."""

from __future__ import annotations

import json
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from impasto.cli.output import Output
    from impasto.cli.plan import Task


class Made(Protocol):
    """A picture that was made, of whatever kind."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""

    @property
    def record(self) -> Mapping[str, Any]:
        """How."""

    @property
    def seconds(self) -> float:
        """That it took."""

    def save(self, path: str, *, quality: int = 95, bit_depth: Literal[8, 16] = 8) -> None:
        """Write it."""


class Make(Protocol):
    """What makes a picture of a photo."""

    def __call__(self, task: Task, tell: Callable[[int, int], None], /) -> Made:
        """Make one.

        Args:
            task: Of which photo, and where it will go; it is written by others.
            tell: To be called after each tile, where it works by tiles: how many are done, of how many.
        """


class Tally:
    """Counts; the others also tell."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.passed: list[str] = []
        self.failures: list[str] = []
        self.began = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""

    @property
    def count(self) -> int:
        """Pictures so far, whatever became of them."""
        return len(self.written) + len(self.passed) + len(self.failures)

    def tile(self, done: int, tiles: int) -> None:
        """So many tiles of a picture are done."""

    def made(self, task: Task, picture: Made) -> None:  # noqa: ARG002  others show it
        """A picture was written."""
        self.written.append(task.target)

    def skipped(self, task: Task) -> None:
        """A picture was there already."""
        self.passed.append(task.target)

    def failed(self, task: Task, reason: str) -> None:
        """A picture could not be made."""
        named = task.source in reason
        self.failures.append(reason if named else f"{task.source}: {reason}")


class JsonTally(Tally):
    """Prints each picture on stdout as one line of JSON, whose key `event` says what became of it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Print the counts."""
        seconds = time.perf_counter() - self.began
        counts = {"made": len(self.written), "skipped": len(self.passed), "failed": len(self.failures)}
        if kind is None or kind is KeyboardInterrupt:
            _print({"event": "done", "complete": kind is None, **counts, "seconds": seconds})

    def made(self, task: Task, picture: Made) -> None:
        """Print paths, size, seconds of the network's part, and the record."""
        super().made(task, picture)
        shown = {"source": task.source, "path": task.target, "size": picture.size}
        _print({"event": "made", **shown, "seconds": picture.seconds, "record": dict(picture.record)})

    def skipped(self, task: Task) -> None:
        """Print paths."""
        super().skipped(task)
        _print({"event": "skipped", "source": task.source, "path": task.target})

    def failed(self, task: Task, reason: str) -> None:
        """Print the path and the reason."""
        super().failed(task, reason)
        _print({"event": "failed", "source": task.source, "error": reason})


class TileTally(Tally):
    """Shows a bar of one picture's tiles, where there are several."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__()
        self._console = console
        self.bar: Progress | None = None
        self._task: TaskID | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self.bar:
            self.bar.stop()

    def tile(self, done: int, tiles: int) -> None:
        """Show how many; once all are done, that the file is being written."""
        if tiles == 1:
            return
        if self.bar is None or self._task is None:  # not before: most pictures need none, nor rich's loading
            from impasto.cli.tally_bar import tile_bar

            self.bar = tile_bar(self._console)
            self._task = self.bar.add_task("", total=tiles)
        self.bar.update(self._task, completed=done, description="tiles" if done < tiles else "tiles, writing")
        self.bar.start()


def _print(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def make_tally(output: Output, total: int | None = None) -> Tally:
    """Return what the flags and the terminal ask for.

    Args:
        output: The flags.
        total: How many pictures go into a folder; None for one that goes to a file.
    """
    if output.json:
        return JsonTally()
    if output.quiet or not sys.stderr.isatty():
        return Tally()
    if total is None:
        return TileTally()
    from impasto.cli.tally_bar import BarTally

    return BarTally(total)
