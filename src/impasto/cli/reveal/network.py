"""`impasto reveal network`: the layers of a VGG in figures (Simonyan & Zisserman 2015)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from impasto.cli.output import Output
from impasto.cli.place import Switch
from impasto.cli.reveal.figure import check_figure, deliver
from impasto.errors import ConfigError

if TYPE_CHECKING:
    from impasto.studio.reveal import LayerFigures, NetworkFigures

HEADER = ("layer", "output", "kernel", "stride", "parameters", "multiply-adds", "receptive field")


def network(
    name: Literal["vgg16", "vgg19"],
    /,
    *,
    size: str = "224",
    classifier: Switch = False,
    output: Output | None = None,
) -> int:
    """List a network's layers: shapes, kernels, parameters, multiply-adds, receptive fields.

    The table goes to the terminal, and as a picture to --output where that is given.

    Args:
        name: The network.
        size: The picture that it is applied to: one number for a square, or WIDTHxHEIGHT.
        classifier: With the fully connected layers, counted as the convolutions that they are.
        output: Where the figure goes.
    """
    output = output or Output()
    if output.output is not None:
        check_figure(output)
    shape = _parse_size(size)
    from impasto.image import draw_table
    from impasto.studio.reveal import network_figures

    figures = network_figures(name, shape, classifier=classifier)
    rows, total = [_row(layer) for layer in figures.layers], _total(figures)
    title = f"{name} for a picture of {shape[1]} x {shape[0]} pixels"
    pixels = None if output.output is None else draw_table(HEADER, rows, title=title, footer=[total])
    if not output.json and not output.quiet and output.output != "-":
        _print(title, rows, total)
    return deliver(pixels, output, _numbers(figures))


def _parse_size(text: str) -> tuple[int, int]:
    """Read a size as (height, width).

    Raises:
        ConfigError: It is not one.
    """
    match = re.fullmatch(r"([1-9]\d{0,5})(?:x([1-9]\d{0,5}))?", text.strip())
    if match is None:
        raise ConfigError(
            f"size is {text!r}; give one number of pixels for a square, or WIDTHxHEIGHT, for instance 640x480"
        )
    return int(match[2] or match[1]), int(match[1])


def _row(layer: LayerFigures) -> list[str]:
    counts = [f"{layer.parameters:,}", f"{layer.multiply_adds:,}"]
    shape = " x ".join(str(side) for side in layer.shape)
    return [
        layer.name,
        shape,
        f"{layer.kernel} x {layer.kernel}",
        str(layer.stride),
        *counts,
        str(layer.field.size),
    ]


def _total(figures: NetworkFigures) -> list[str]:
    return ["total", "", "", "", f"{figures.parameters:,}", f"{figures.multiply_adds:,}", ""]


def _print(title: str, rows: list[list[str]], total: list[str]) -> None:
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table

    table = Table(
        title=title, title_justify="left", title_style="", box=None, pad_edge=False, show_footer=True
    )
    for index, (name, summed) in enumerate(zip(HEADER, total, strict=True)):
        table.add_column(name, footer=summed, justify="right" if index else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console()
    # A figure that is cut off is worse than a line that a narrow terminal breaks.
    needed = Measurement.get(console, console.options.update(max_width=1000), table).maximum
    console.width = max(console.width, needed)
    console.print(table)


def _numbers(figures: NetworkFigures) -> dict[str, Any]:
    layers = [
        {
            "name": layer.name,
            "kind": layer.kind,
            "shape": layer.shape,
            "kernel": layer.kernel,
            "stride": layer.stride,
            "parameters": layer.parameters,
            "multiply_adds": layer.multiply_adds,
            "receptive_field": {
                "size": layer.field.size,
                "stride": layer.field.stride,
                "offset": layer.field.offset,
            },
        }
        for layer in figures.layers
    ]
    return {
        "architecture": figures.architecture,
        "size": figures.size,
        "parameters": figures.parameters,
        "multiply_adds": figures.multiply_adds,
        "layers": layers,
    }
