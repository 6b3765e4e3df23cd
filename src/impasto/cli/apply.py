"""`impasto apply`: photos through a network, in the style of a model, a brush or a painting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli.output import Target
from impasto.cli.pictures import make_pictures
from impasto.cli.place import Place, Switch
from impasto.models.config import ApplyConfig

if TYPE_CHECKING:
    from impasto.cli.tally import Make

EXAMPLE = "impasto apply PHOTO --style NAME -o OUT.png"


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
    target, settings = output or Target(), how or ApplyConfig()

    def load() -> Make:
        from impasto.models.stylizer import Stylizer

        stylizer = Stylizer(style, base=base, engine=engine, threads=threads)
        stylizer.prepare()
        return lambda task, _: stylizer.stylize(task.source, settings, max_pixels=target.max_pixels)

    return make_pictures(photos, target, load, example=EXAMPLE, called="stylized.png", force=force)
