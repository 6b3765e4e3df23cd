"""What the commands of `reveal` share: where the figure goes, what is told on the way, and its writing.

A command checks first, then works, then delivers:

    path = check_figure(output, [photo])
    with watching(output) as watch:
        encoder = ...  # on_download=watch.download
        for event in ...:
            watch.step(event.position, event.positions, "occlusion")
    return deliver(draw_sheet(...), output, {"layer": ...})

The flags are those of `impasto.cli.output.Output`. Ctrl-C needs no care: `impasto.cli.main` says that nothing
was written and returns 130, and a file is written whole or not at all.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.cli import say
from impasto.cli.report import JsonLines, Report
from impasto.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from impasto.cli.output import Output


class Watch(Report):
    """Tells nothing of the steps of a job; the others fill in what they tell."""

    def step(self, step: int, steps: int, what: str = "", numbers: Mapping[str, float] | None = None) -> None:
        """One step is done.

        Args:
            step: How many are done.
            steps: How many there are.
            what: What is being done, in a word or two.
            numbers: What can be told of it, such as a loss, by name.
        """


class JsonWatch(JsonLines, Watch):
    """Prints each event on stdout as one line of JSON."""

    def step(self, step: int, steps: int, what: str = "", numbers: Mapping[str, float] | None = None) -> None:
        """Print all that was given."""
        print_line({"event": "progress", "step": step, "steps": steps, "what": what, **(numbers or {})})


def watching(output: Output) -> Watch:
    """Return what the flags and the terminal ask for, to be used in a `with` around all that computes."""
    from impasto.studio.memory import keep_memory

    keep_memory()
    if output.json:
        return JsonWatch()
    if output.quiet or not sys.stderr.isatty():
        return Watch()
    from impasto.cli.reveal.bar import BarWatch

    return BarWatch()


def check_figure(output: Output, sources: Iterable[str] = ()) -> str:
    """See, before any work, that the figure can be written where it shall.

    Args:
        output: The flags.
        sources: The pictures that are read; none of them may be overwritten.

    Returns:
        The path, or `-`.

    Raises:
        ConfigError: No path was given, or it is that of a picture which is read.
        ImageWriteError: No picture can be written there.
    """
    from impasto.image import check_output

    path = output.output
    if path is None:
        raise ConfigError("say where the figure goes, for instance -o figure.png; -o - is stdout")
    if path != "-" and Path(path).resolve() in {Path(each).resolve() for each in sources if each != "-"}:
        raise ConfigError(f"{path} is read, and would be overwritten; choose another place to write to")
    check_output(path, bit_depth=output.bit_depth)
    return path


def deliver(pixels: NDArray[np.float32] | None, output: Output, numbers: Mapping[str, Any]) -> int:
    """Write the figure, and say so: in a line on stderr, or with --json in a last line on stdout.

    Args:
        pixels: The figure, (H, W, 3) sRGB in [0, 1]; None where there is no place to write it to.
        output: The flags.
        numbers: What the figure shows, for --json: numbers, texts, and lists, mappings, arrays or tensors of
            them. What is not finite becomes null, which JSON has instead.

    Returns:
        The exit code, 0.

    Raises:
        ImageWriteError: The figure cannot be written.
    """
    from impasto.image import write_image

    path, size = output.output, None
    if pixels is not None and path is not None:
        write_image(path, pixels, quality=output.quality, bit_depth=output.bit_depth)
        size = list(pixels.shape[:2])
    if output.json:
        print_line({"event": "done", "path": path, "size": size, "numbers": numbers})
    elif size is not None and not output.quiet:
        say(f"wrote {'stdout' if path == '-' else path} ({size[1]} x {size[0]})")
    return 0


def print_line(line: Mapping[str, Any]) -> None:
    """Print one line of JSON on stdout."""
    print(json.dumps(plain(line), allow_nan=False), flush=True)


def plain(value: Any) -> Any:
    """Turn what JSON cannot hold: arrays into lists, what is not finite into null."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if hasattr(value, "tolist"):  # an array or a tensor
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def photo_name(path: str) -> str:
    """Return what a photo is called in a figure: its file's name, or stdin."""
    return "stdin" if path == "-" else Path(path).name


def spell(number: float) -> str:
    """Write a number for a caption: four digits that count, without an exponent where it is large."""
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e9 else f"{number:.4g}"
