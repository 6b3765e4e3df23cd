"""Make something of many photos: go on after a bad one, and say at the end which they were."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.cli import INTERRUPTED, SOME_FAILED, say
from impasto.cli.tally import Tally, make_tally
from impasto.errors import ImageWriteError, ImpastoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impasto.cli.output import Output
    from impasto.cli.plan import Task
    from impasto.cli.tally import Make


def many(tasks: Sequence[Task], make: Make, output: Output, *, force: bool) -> int:
    """Make pictures of photos, into a folder.

    Args:
        tasks: Which become what.
        make: What makes them.
        output: How they are written, and what is told.
        force: Make again what is already there.

    Returns:
        The exit code: 0, 1 when some failed, 130 after Ctrl-C.
    """
    with make_tally(output, len(tasks)) as tally:
        try:
            for task in tasks:
                _make(task, make, output, tally, force=force)
        except KeyboardInterrupt:
            say(f"stopped after {tally.count} of {len(tasks)} pictures; the same command goes on")
            return INTERRUPTED
    if not output.quiet and not output.json:
        _sum_up(tally, output)
    for failure in tally.failures:
        say(f"failed: {failure}")
    return SOME_FAILED if tally.failures else 0


def _make(task: Task, make: Make, output: Output, tally: Tally, *, force: bool) -> None:
    if not force and Path(task.target).exists():
        tally.skipped(task)
        return
    try:
        made = make(task, tally.tile)
        _make_folder(Path(task.target).parent)
        made.save(task.target, quality=output.quality, bit_depth=output.bit_depth)
    except ImpastoError as error:
        tally.failed(task, str(error))
    except MemoryError:
        tally.failed(task, "there is not enough memory; choose a smaller picture or --size")
    else:
        tally.made(task, made)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageWriteError(f"the folder {folder} cannot be made ({error.strerror})") from error


def _sum_up(tally: Tally, output: Output) -> None:
    written = len(tally.written)
    pictures = "picture" if written == 1 else "pictures"
    parts = [f"wrote {written} {pictures} to {output.output} in {time.perf_counter() - tally.began:.1f} s"]
    if tally.passed:
        parts.append(f"skipped {len(tally.passed)} already there (--force makes them again)")
    if tally.failures:
        parts.append(f"failed with {len(tally.failures)}")
    say(", ".join(parts))
