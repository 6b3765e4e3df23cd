"""The commands by name; each is loaded when it is run, and none of them for `impasto --help`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclopts import App, CycloptsError, Parameter

from impasto._version import __version__
from impasto.cli.place import encode_stdio
from impasto.cli.reveal import reveal
from impasto.cli.score import score
from impasto.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

app = App(
    name="impasto",
    help="Neural style transfer: choose how long you want to wait.",
    version=__version__,
    default_parameter=Parameter(negative=()),  # no --no-json, --empty-style-weights and the like
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
app.command(
    "impasto.cli.apply:apply",
    name="apply",
    help="Stylize photos with a model, a brush, or any painting: milliseconds each.",
    usage="Usage: impasto apply PHOTO --style NAME|FILE.brush|PAINTING|MODEL.onnx -o OUT.png [OPTIONS]\n"
    "       impasto apply PHOTO --style A:0.6,B:0.4 -o OUT.png [OPTIONS]\n"
    "       impasto apply PHOTO|FOLDER [PHOTO|FOLDER ...] --style STYLE -o FOLDER [OPTIONS]",
)
app.command(
    "impasto.cli.paint:paint",
    name="paint",
    help="Paint a picture in the style of others, by optimizing its pixels: minutes.",
    usage="Usage: impasto paint CONTENT STYLE [STYLE ...] -o OUT.png [OPTIONS]\n"
    "       impasto paint --texture STYLE [STYLE ...] -o OUT.png [OPTIONS]",
)
app.command(
    "impasto.cli.learn:learn",
    name="learn",
    help="Learn a brush: fit a base to one painting, in minutes.",
    usage="Usage: impasto learn PAINTING -o NAME.brush [OPTIONS]",
)
app.command(
    "impasto.cli.train:app",
    name="train",
    help="Train a network, for one painting, for all, or to make pictures larger: hours.",
)
app.command(
    "impasto.cli.upscale:upscale",
    name="upscale",
    help="Make photos 2, 4 or 8 times as large with a trained network: seconds each.",
    usage="Usage: impasto upscale PHOTO [--factor 2|4|8] [--model MODEL.onnx] -o OUT.png [OPTIONS]\n"
    "       impasto upscale PHOTO|FOLDER [PHOTO|FOLDER ...] -o FOLDER [OPTIONS]",
)
app.command(score)
app.command(
    "impasto.cli.reproduce:reproduce",
    name="reproduce",
    help="Make a picture again from the record that it carries.",
    usage="Usage: impasto reproduce PICTURE [-o OUT.png] [OPTIONS]",
)
app.command(reveal)
app.command(
    "impasto.cli.styles:styles",
    name="styles",
    help="List the styles that `apply` knows by name, or show a photo in all of them.",
    usage="Usage: impasto styles [--json]\n       impasto styles --sheet PHOTO -o SHEET.png [OPTIONS]",
)
app.command(
    "impasto.cli.inspect:inspect",
    name="inspect",
    help="Print what a model, a brush, a base or a picture says of how it was made.",
)
app.command(
    "impasto.cli.recipes:recipes", name="recipes", help="List the recipes that `paint` and `train` know."
)


def run(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name, and return its exit code.

    Raises:
        ConfigError: For arguments that are not valid.
    """
    try:
        status = app(
            encode_stdio(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        raise ConfigError(str(error)) from error
    return status if isinstance(status, int) else 0
