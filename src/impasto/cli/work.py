"""Run a job from the command line: show its events, stop on Ctrl-C, write the picture."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from impasto.cli import INTERRUPTED, say
from impasto.events import Done, Preview, Progress
from impasto.image import write_image
from impasto.studio.memory import keep_memory
from impasto.studio.paint.painting import painting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from impasto.cli.output import Output
    from impasto.cli.report import Report
    from impasto.studio.paint import PaintJob


@dataclass(kw_only=True)
class Interrupt:
    """Whether the user has pressed Ctrl-C."""

    happened: bool = False


class Stoppable(Protocol):
    """A job that can be asked to end."""

    def stop(self) -> None:
        """End after the step that it is in."""


@contextmanager
def stopping(job: Stoppable) -> Iterator[Interrupt]:
    """Let the first Ctrl-C end a job after the step it is in, and the second one end everything."""
    interrupt = Interrupt()

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        interrupt.happened = True
        job.stop()

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # ignored, as in a shell's background, or somebody else's
        yield interrupt
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


def work(
    job: PaintJob,
    events: Iterable[Progress | Preview | Done],
    path: str,
    output: Output,
    report: Report,
    *,
    checkpoint: str | None = None,
) -> int:
    """Run a job to its end, or to Ctrl-C, and write the picture.

    Args:
        job: What is stopped by Ctrl-C.
        events: Its events.
        path: Where the picture goes.
        output: How it is written.
        report: Who shows the events.
        checkpoint: File that the job keeps its state in.

    Returns:
        The exit code: 0, or 130 when it was stopped.
    """
    keep_memory()
    steps = message = ""
    complete = False
    with stopping(job) as interrupt, report:
        for event in events:
            if isinstance(event, Progress):
                steps = f" after {event.iteration} of {event.iterations} steps"
                report.progress(event)
            elif isinstance(event, Preview):
                _save_preview(job, event, path, output, report)
            else:
                message, complete = _deliver(event, path, output, report), event.complete
    if interrupt.happened and not complete:
        hint = f"; go on with --resume {checkpoint}" if checkpoint and Path(checkpoint).exists() else ""
        say(f"stopped{steps}; {message}{hint}")
        return INTERRUPTED
    if not output.quiet and not output.json:
        say(message)
    return 0


def _deliver(done: Done, path: str, output: Output, report: Report) -> str:
    """Write the picture, if there is one, and return what to say of it."""
    if done.image is None:
        report.done(done, None)
        return "nothing was written, as there is no picture yet"
    made = painting(done)
    made.save(path, quality=output.quality, bit_depth=output.bit_depth)
    report.done(done, path)
    best = f" in {made.seconds:.0f} s" if done.complete else ", the best picture so far"
    return f"wrote {'stdout' if path == '-' else path} ({made.size[1]} x {made.size[0]}){best}"


def _save_preview(job: PaintJob, preview: Preview, path: str, output: Output, report: Report) -> None:
    place = preview_path(path, preview.iteration)
    record: dict[str, Any] = {**job.record(), "preview_at": preview.iteration}
    write_image(
        place,
        preview.image,
        quality=output.quality,
        bit_depth=output.bit_depth,
        record=json.dumps(record),
    )
    report.preview(preview.iteration, place)


def preview_path(path: str, iteration: int) -> str:
    """Return where the picture after some steps goes: `out.png` becomes `out-0100.png`."""
    place = Path(path)
    return str(place.with_name(f"{place.stem}-{iteration:04}{place.suffix}"))
