"""What the commands share that make a picture of each photo: one of one, or a folder of many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from impasto.cli import say
from impasto.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from impasto.cli.output import Output
    from impasto.cli.plan import Task
    from impasto.cli.tally import Make


def make_pictures(
    photos: tuple[str, ...],
    output: Output,
    load: Callable[[], Make],
    *,
    example: str,
    called: str,
    force: bool,
) -> int:
    """Make a picture of a photo, or of each of many.

    Args:
        photos: As typed.
        output: Where the pictures go.
        load: Gives what makes pictures; called once it is known that there is work.
        example: How the command is written.
        called: What a picture of it may be called.
        force: Make again what is already there.

    Returns:
        The exit code.

    Raises:
        ImpastoError: For photos and places that cannot be used.
    """
    path = _check(photos, output, example, called)
    from impasto.cli.plan import plan, single_target
    from impasto.image import check_output

    single = single_target(photos, path, output.bit_depth)
    tasks = [] if single else plan(photos, Path(path), output.bit_depth)
    if single:
        check_output(single.target, bit_depth=output.bit_depth)
    make = load()
    if single:
        return _one(single, make, output)
    from impasto.cli.many import many

    return many(tasks, make, output, force=force)


def _check(photos: tuple[str, ...], output: Output, example: str, called: str) -> str:
    if not photos:
        raise ConfigError(f"no photo was given; write: {example}")
    if photos.count("-") > 1:
        raise ConfigError("- was given twice, but stdin holds one picture; give files for the others")
    if output.output is None:
        raise ConfigError(f"say where the picture goes, for instance -o {called}; -o - is stdout")
    return output.output


def _one(task: Task, make: Make, output: Output) -> int:
    from impasto.cli.tally import make_tally

    with make_tally(output) as tally:
        made = make(task, tally.tile)
        made.save(task.target, quality=output.quality, bit_depth=output.bit_depth)
        tally.made(task, made)
    if not output.quiet and not output.json:
        shown = "stdout" if task.target == "-" else task.target
        say(f"wrote {shown} ({made.size[1]} x {made.size[0]}) in {made.seconds:.2f} s")
    return 0
