"""`impasto apply`: photos through a network, in the style of a model, a brush or a painting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli import say
from impasto.cli.output import Output
from impasto.cli.place import Place, Switch
from impasto.errors import ConfigError
from impasto.models.config import ApplyConfig

if TYPE_CHECKING:
    from impasto.cli.plan import Task
    from impasto.models.stylizer import Stylizer


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Target(Output):
    """Where the pictures go, and what is told on the way."""

    output: Annotated[Place | None, Parameter(name=("--output", "-o"))] = None
    """File for one picture, - for stdout as PNG; a folder for several, which keep their names and tree."""


def apply(
    *photos: Place,
    style: Place,
    output: Target | None = None,
    how: Annotated[ApplyConfig, Parameter(name="*")] | None = None,
    base: Place | None = None,
    engine: Literal["auto", "openvino", "onnxruntime"] = "auto",
    threads: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    force: Switch = False,
) -> int:
    """Stylize photos in one pass of a network (Johnson et al. 2016).

    Of a folder, what is already in the output folder is skipped, and a picture that fails does not stop the
    others: the command names those that did at its end, and exits with 1.

    Args:
        photos: Photos, or folders of them; - is stdin.
        style: Name of an installed style (`impasto styles` lists them), path of a .brush, a painting or a
            model.onnx, or a blend of brushes and paintings, such as wave:0.6,my-night.jpg:0.4.
        output: Where the pictures go.
        how: What is asked of the style.
        base: Folder of the base for brushes and paintings; the installed one when left away.
        engine: What runs the network; auto is OpenVINO, or ONNX Runtime where that is not installed.
        threads: That it may use; as many as there are cores when left away.
        force: Make again what is already there.
    """
    output, how = output or Target(), how or ApplyConfig()
    path = _check(photos, output)
    from impasto.cli.plan import plan, single_target
    from impasto.image import check_output
    from impasto.models.stylizer import Stylizer

    single = single_target(photos, path, output.bit_depth)
    tasks = [] if single else plan(photos, Path(path), output.bit_depth)
    if single:
        check_output(single.target, bit_depth=output.bit_depth)
    stylizer = Stylizer(style, base=base, engine=engine, threads=threads)
    stylizer.prepare(how.stroke)
    if single:
        return _one(single, stylizer, how, output)
    from impasto.cli.many import many

    return many(tasks, stylizer, how, output, force=force)


def _check(photos: tuple[str, ...], output: Output) -> str:
    if not photos:
        raise ConfigError("no photo was given; write: impasto apply PHOTO --style NAME -o OUT.png")
    if photos.count("-") > 1:
        raise ConfigError("- was given twice, but stdin holds one picture; give files for the others")
    if output.output is None:
        raise ConfigError("say where the picture goes, for instance -o stylized.png; -o - is stdout")
    return output.output


def _one(task: Task, stylizer: Stylizer, how: ApplyConfig, output: Output) -> int:
    from impasto.cli.tally import JsonTally, Tally

    with JsonTally() if output.json else Tally() as tally:
        made = stylizer.stylize(task.source, how, max_pixels=output.max_pixels)
        made.save(task.target, quality=output.quality, bit_depth=output.bit_depth)
        tally.made(task, made)
    if not output.quiet and not output.json:
        shown = "stdout" if task.target == "-" else task.target
        say(f"wrote {shown} ({made.size[1]} x {made.size[0]}) in {made.seconds:.2f} s")
    return 0
