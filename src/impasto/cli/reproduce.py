"""`impasto reproduce`: a picture again, from the record that it carries."""

from __future__ import annotations

from pathlib import Path

from impasto.cli import say
from impasto.cli.output import Output
from impasto.cli.place import Place
from impasto.errors import ConfigError


def reproduce(
    picture: Place,
    /,
    *,
    output: Output | None = None,
    content: Place | None = None,
    style: list[Place] | None = None,
    init: Place | None = None,
    weights: Place | None = None,
) -> int:
    """Make a picture again from the record that it carries.

    The pictures it was made of are looked for by their recorded names, in the current folder and beside it.

    Args:
        picture: A picture that impasto wrote.
        output: Where the new one goes; PICTURE-reproduced.png when left away.
        content: What was painted, where it is not found.
        style: In whose style, where it is not found; once for each.
        init: What it started from, where it is not found.
        weights: The encoder's weights, where they are not found.
    """
    from impasto.cli.report import make_report
    from impasto.cli.work import work
    from impasto.image import check_output
    from impasto.studio.paint.reproduce import prepare_reproduction

    output = output or Output()
    path = output.output or _beside(picture)
    given = [picture, *(each for each in (content, init, weights) if each), *(style or [])]
    if path != "-" and any(Path(each).resolve() == Path(path).resolve() for each in given):
        raise ConfigError(f"{path} is read, and would be overwritten; choose another place to write to")
    check_output(path, bit_depth=output.bit_depth)
    with make_report(output) as report:
        again = prepare_reproduction(
            picture,
            content=content,
            styles=style or [],
            init=init,
            weights=weights,
            max_pixels=output.max_pixels,
            on_download=report.download,
        )
        for note in again.notes:
            say(f"warning: {note}")
        return work(again.job, again.events(), path, output, report)


def _beside(picture: str) -> str:
    place = Path(picture)
    return str(place.with_name(f"{place.stem}-reproduced{place.suffix}"))
