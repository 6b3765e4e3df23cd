"""Run a training from the command line: show its events, stop on Ctrl-C, write what it made."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from impasto.cli import INTERRUPTED, say
from impasto.cli.progress import clock
from impasto.cli.work import stopping
from impasto.image import write_image
from impasto.studio.memory import keep_memory
from impasto.studio.train.events import HeldOut, RolledBack, Trained, TrainProgress
from impasto.studio.train.training import save_artifact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impasto.cli.train import Places
    from impasto.cli.train_report import TrainReport
    from impasto.studio.train.engine import Job
    from impasto.studio.train.logs import LossLog

MOST_NAMED = 20
"""Photos left out that are named on stderr; --json names all."""


def work(
    job: Job,
    places: Places,
    about: Mapping[str, str],
    report: TrainReport,
    *,
    quiet: bool = False,
    resume: bool = False,
) -> int:
    """Run a training to its end, or to Ctrl-C, and write the artifact.

    Args:
        job: The training.
        places: Where its files go.
        about: What the artifact's card says beside the record.
        report: Who shows the events.
        quiet: Say nothing at the end, but for what went wrong.
        resume: Go on from the checkpoint.

    Returns:
        The exit code: 0, or 130 when it was stopped.
    """
    from impasto.studio.train.checkpoint import peek
    from impasto.studio.train.logs import LossLog

    keep_memory()
    step = peek(places.checkpoint).step if resume and places.checkpoint.exists() else 0
    ended: Trained | None = None
    with (
        stopping(job) as interrupt,
        report,
        LossLog(places.logs, step) if job.leads else nullcontext() as log,
    ):
        for event in job.events(checkpoint=places.checkpoint, resume=resume):
            if log is None:
                continue
            log.write(event)
            if isinstance(event, Trained):
                ended = event
            else:
                _tell(event, places, report)
        if log is None or ended is None:
            return 0
        paths = _deliver(job, ended, places, about, log)
        report.ended(ended, paths)
    stopped = interrupt.happened and not ended.complete
    _say_end(ended, places, stopped=stopped, quiet=quiet)
    return INTERRUPTED if stopped else 0


def _tell(event: TrainProgress | HeldOut | RolledBack, places: Places, report: TrainReport) -> None:
    if isinstance(event, TrainProgress):
        report.trained(event)
    elif isinstance(event, HeldOut):
        path = places.sheet(event.iteration)
        write_image(path, event.image)
        report.held_out(event, str(path))
    else:
        report.rolled_back(event)
        say(
            f"{event.reason} at step {event.iteration}; went back to step {event.to}, and on with "
            f"{event.factor:g} times the learning rate"
        )


def _deliver(
    job: Job, ended: Trained, places: Places, about: Mapping[str, str], log: LossLog
) -> dict[str, str]:
    """Write the artifact and the curves, if there is anything to write."""
    if not ended.iteration:
        return {}
    save_artifact(job, ended, places.artifact, about)
    curves = log.curves(f"{places.artifact.stem}, {ended.iteration} steps")
    if curves is not None:
        write_image(places.curves, curves)
    return {"path": str(places.artifact), "checkpoint": str(places.checkpoint), "curves": str(places.curves)}


def _say_end(ended: Trained, places: Places, *, stopped: bool, quiet: bool) -> None:
    if ended.skipped:
        named = [f"{name} ({why})" for name, why in list(ended.skipped.items())[:MOST_NAMED]]
        more = len(ended.skipped) - len(named)
        count = f"{len(ended.skipped)} photo{'s were' if len(ended.skipped) > 1 else ' was'} left out"
        say(f"{count}: {'; '.join(named)}{f'; and {more} more' if more else ''}")
    wrote = (
        f"wrote {places.artifact} after {ended.iteration} steps" if ended.iteration else "nothing was written"
    )
    if stopped:
        say(f"stopped; {wrote}; go on with --resume")
    elif not quiet:
        seen = f"{ended.images} photos in {clock(ended.seconds)}"
        hint = "" if ended.complete else "; go on with --resume"
        say(f"{wrote}, {seen}{hint}")
