"""`impasto upscale`: photos made larger by a trained network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli.output import Target
from impasto.cli.pictures import make_pictures
from impasto.cli.place import Place, Switch

if TYPE_CHECKING:
    from impasto.cli.tally import Make

EXAMPLE = "impasto upscale PHOTO --factor 4 -o OUT.png"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class LevelTarget(Target):
    """Where the pictures go; they are of 8 bits."""

    bit_depth: Annotated[Literal[8], Parameter(show=False)] = 8
    """Bits a channel: the networks give no more."""

    max_pixels: Annotated[int, Parameter(validator=Number(gte=1))] = 200_000_000
    """Refuse larger photos, and larger results."""


def upscale(
    *photos: Place,
    factor: Literal[2, 4, 8] | None = None,
    model: Place | None = None,
    output: LevelTarget | None = None,
    engine: Literal["auto", "openvino", "onnxruntime"] = "auto",
    threads: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    force: Switch = False,
) -> int:
    """Make photos larger with a trained network (Johnson et al. 2016, part two).

    Of a folder, what is already in the output folder is skipped, and a picture that fails does not stop the
    others: the command names those that did at its end, and exits with 1.

    Args:
        photos: Photos, or folders of them; - is stdin.
        factor: How many times as large on each side; the model's own when left away, or without a model, 4.
        model: Path of a model.onnx, or name of an installed one, such as x4-feature, or feature.
        output: Where the pictures go.
        engine: What runs the network; auto is OpenVINO, or ONNX Runtime where that is not installed.
        threads: That it may use; as many as there are cores when left away.
        force: Make again what is already there.
    """
    target = output or LevelTarget()

    def load() -> Make:
        from impasto.models.upscaler import Upscaler

        upscaler = Upscaler(model, factor=factor, engine=engine, threads=threads)
        return lambda task, tell: upscaler.upscale(
            task.source, max_pixels=target.max_pixels, meant_for=task.target, on_tile=tell
        )

    return make_pictures(photos, target, load, example=EXAMPLE, called="large.png", force=force)
