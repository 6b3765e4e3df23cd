"""`impasto paint`: Gatys et al. 2015 from the command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli.flags import make_flags, typed
from impasto.cli.output import Output
from impasto.cli.place import Place, Switch
from impasto.errors import CheckpointError, ConfigError
from impasto.studio.paint.config import STARTS, PaintConfig
from impasto.studio.settings import read_settings

if TYPE_CHECKING:
    Flags: TypeAlias = PaintConfig

HELP = {
    "size": "Longest side of the result in pixels, or WIDTHxHEIGHT; 512 for most recipes.",
    "style_weights": "One weight for each style picture, blended in proportion, for instance 2,1.",
    "content_layers": "Layers of the content loss with their weights, for instance relu4_2:1,relu3_1:0.5.",
    "style_layers": "Layers of the style loss with their weights, for instance relu1_1:1,relu2_1:0.5.",
    "preview_every": "Write the picture as it is, as OUT-0100.png and so on, every so many steps.",
}
"""Where the command line spells a field in another way than Python."""

NAMES = {"preview_every": "--save-every"}
ALIASES = {"save_every": "preview_every"}
KINDS: dict[str, Any] = {"style_weights": list[str], "init": Place, "weights": Place}


if not TYPE_CHECKING:
    Flags = make_flags(PaintConfig, __name__, helps=HELP, names=NAMES, kinds=KINDS)


def paint(
    *pictures: Place,
    texture: Switch = False,
    output: Output | None = None,
    flags: Annotated[Flags, Parameter(name="*")] | None = None,
    config: Place | None = None,
    checkpoint: Place | None = None,
    checkpoint_every: Annotated[int, Parameter(validator=Number(gte=1))] = 25,
    resume: Place | None = None,
) -> int:
    """Paint a picture in the style of others, by optimizing its pixels (Gatys et al. 2015).

    Args:
        pictures: The picture to paint, then one or more whose style to paint it in; - is stdin.
        texture: All pictures are styles: make a texture of them from noise.
        output: Where the picture goes.
        flags: What to paint and how.
        config: TOML file with settings, by the names of the flags; flags go before them.
        checkpoint: File to keep the state in, so that the run can be resumed.
        checkpoint_every: Steps between checkpoints.
        resume: Checkpoint to go on from, with the same arguments; it is kept up to date.
    """
    output = output or Output()
    content, styles = _roles(pictures, texture)
    settings = merge(
        {} if config is None else read_settings(config, PaintConfig, ALIASES), typed(PaintConfig, flags)
    )
    chosen = PaintConfig(**settings)
    path = _check_path(output, chosen)
    start = [] if chosen.init is None or chosen.init in STARTS else [chosen.init]
    checkpoint = checkpoint or resume
    _check_sources([*pictures, *start], path, checkpoint, previews=bool(chosen.preview_every))
    if checkpoint is not None:
        _check_checkpoint(checkpoint)
    return _work(content, styles, chosen, path, output, (checkpoint, checkpoint_every, resume))


def _work(
    content: str | None,
    styles: list[str],
    config: PaintConfig,
    path: str,
    output: Output,
    saving: tuple[str | None, int, str | None],
) -> int:
    from impasto.cli.report import make_report
    from impasto.cli.work import work
    from impasto.image import check_output
    from impasto.studio.paint import PaintJob

    check_output(path, bit_depth=output.bit_depth)
    checkpoint, every, resume = saving
    with make_report(output) as report:
        job = PaintJob(content, styles, config, max_pixels=output.max_pixels, on_download=report.download)
        events = job.events(checkpoint=checkpoint, checkpoint_every=every, resume=resume)
        return work(job, events, path, output, report, checkpoint=checkpoint)


def merge(settings: dict[str, Any], flags: dict[str, Any]) -> dict[str, Any]:
    """Put flags before the settings of a file, also where one takes the place of another."""
    for name, other in (("style_size", "style_scale"), ("style_scale", "style_size")):
        if name in flags:
            settings = {key: value for key, value in settings.items() if key != other}
    return {**settings, **flags}


def _roles(pictures: tuple[str, ...], texture: bool) -> tuple[str | None, list[str]]:
    """Tell content and styles apart."""
    content, styles = (None, list(pictures)) if texture else (next(iter(pictures), None), list(pictures[1:]))
    if not styles:
        wanted = "STYLE" if texture else "CONTENT STYLE"
        lacks = "style" if texture or content else "content and no style"
        raise ConfigError(
            f"no {lacks} was given; write: impasto paint {'--texture ' * texture}{wanted} -o OUT"
        )
    return content, styles


def _check_path(output: Output, config: PaintConfig) -> str:
    if output.output is None:
        raise ConfigError("say where the picture goes, for instance -o painting.png; -o - is stdout")
    if output.output == "-" and config.preview_every:
        raise ConfigError("--save-every writes beside the picture, which -o - has not; give -o a file")
    return output.output


def _check_sources(sources: list[str], path: str, checkpoint: str | None, *, previews: bool) -> None:
    """See that no picture is read twice from stdin, and none is overwritten by what is made of it."""
    if sources.count("-") > 1:
        raise ConfigError("- was given for two pictures, but stdin holds one; give a file for the other")
    made = {Path(place).resolve() for place in (path, checkpoint) if place not in (None, "-")}
    out = Path(path)
    saved = re.compile(rf"{re.escape(out.stem)}-\d{{4,}}{re.escape(out.suffix)}")
    for source in sources:
        place = Path(source).resolve()
        in_the_way = previews and place.parent == out.resolve().parent and saved.fullmatch(place.name)
        if source != "-" and (place in made or in_the_way):
            raise ConfigError(f"{source} is read, and would be overwritten; choose another place to write to")
    if checkpoint is not None and len(made) == 1 and path != "-":
        raise ConfigError(f"picture and checkpoint both go to {path}; choose another --checkpoint")


def _check_checkpoint(checkpoint: str) -> None:
    """See that a checkpoint can go where it shall, and that what is there now is one."""
    from impasto.image import check_writable

    path = Path(checkpoint)
    if path.is_dir() or not path.resolve().parent.is_dir():
        what = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise CheckpointError(f"the checkpoint {checkpoint} {what}; choose another place")
    if path.exists() and _head(path) != b"PK":  # torch writes zip files
        raise CheckpointError(
            f"{checkpoint} is not a checkpoint, and is not overwritten; choose another place"
        )
    try:
        check_writable(checkpoint)
    except OSError as error:
        reason = f"cannot be written ({error.strerror})"
        raise CheckpointError(f"the checkpoint {checkpoint} {reason}; choose another place") from error


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(2)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}); choose another place") from error
