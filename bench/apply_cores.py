"""Times of a picture with one thread and with two, in turns over minutes: whether two cores are two.

What a virtual machine calls two cores may be two threads of one, and may change between the two while it
runs. Then no median says what the network takes on two cores, but the spread does: where two threads take as
long as one does at its best they share a core, and where they take half of that they have one each.

Each in three ways: with all pixels painted; as `apply` does it unasked, which paints large pictures smaller
for wider strokes, changes of size included; and so over a broad painting, as most brushes have it.

    python bench/apply_cores.py MODEL.onnx [--sizes 1280x720 1920x1080] [--rounds 60]
"""

import argparse
import json
import statistics
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from impasto import Stylizer
from machine import machine
from turns import in_turns

RESULT = Path(__file__).parent / "results" / "apply_cores.json"

THREADS = (1, 2)
WAYS: dict[str, dict[str, Any]] = {
    "": {"stroke": None, "underpainting": 0},
    ", wider strokes": {"underpainting": 0},
    ", over a broad painting": {"underpainting": 0.5},
}
"""How it is painted, by what the result calls it."""

IN_A_ROW = 3
"""Pictures of one contender before the next has its turn; the fastest of them counts."""

WARM = 7
"""Rounds before the first that counts: from picture 17 on what is painted over has graphs of its own."""

PAUSE = 0.5
"""Seconds between rounds, in which the machine may change."""


def main() -> None:
    """Time all, print quantiles, write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--sizes", nargs="+", default=["1280x720", "1920x1080"], help="WIDTHxHEIGHT")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "model": given.model.stem, "sizes": {}}
    for size in given.sizes:
        width, height = map(int, size.split("x"))
        row = result["sizes"][size] = measure(given.model, height, width, given.rounds)
        for threads, found in row.items():
            told = ", ".join(f"{name} {ms:.0f}" for name, ms in found.items() if name != "ms")
            print(f"{size}, threads {threads}: {told} ms", flush=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def measure(model: Path, height: int, width: int, rounds: int) -> dict[str, Any]:
    """Return for each number of threads the times, in ms, and where they lie."""
    levels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    loaded = {threads: Stylizer(model, threads=threads) for threads in THREADS}
    calls = {
        f"{threads}{way}": partial(each.frame, levels, **how)
        for threads, each in loaded.items()
        for way, how in WAYS.items()
    }
    taken = in_turns(calls, rounds, in_a_row=IN_A_ROW, pause=PAUSE, warm=WARM)
    return {way: located(found) for way, found in taken.items()}


def located(times: list[float]) -> dict[str, Any]:
    """Return the least, tenth parts and the median of times, and them all."""
    tenths = statistics.quantiles(times, n=10)
    found = {"least": min(times), "tenth": tenths[0], "median": statistics.median(times), "ninth": tenths[-1]}
    return {**{name: round(ms, 2) for name, ms in found.items()}, "ms": [round(ms, 2) for ms in times]}


if __name__ == "__main__":
    main()
