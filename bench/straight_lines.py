"""How straight lines stay: what edges along rows and columns of a made-up photo get that repeats with blocks.

Bars of some tones and widths lie along the rows of one photo, and along the columns of another. A network
that makes blocks of pixels at once can make pixels unlike that should be alike, and lays dots along such
edges. So what it painted is averaged over the pixels of one place in all blocks along a bar, where strokes
average out and dots stay; how far the places are apart, in levels of 255, is the root of the mean square over
the picture. The same of blocks of 5 pixels, which no network has, tells what strokes alone leave.

    python bench/straight_lines.py before=GALLERY after=GALLERY      folders with base, brushes and models
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import numpy as np

from impasto import Stylizer
from judge import Bytes
from machine import machine

RESULT = Path(__file__).parent / "results" / "straight_lines.json"
KINDS = {"models": ".onnx", "brushes": ".brush"}
SIDE = 4
"""Pixels of a block."""
ANY = 5
"""Of a block that no network has."""
LENGTH, MARGIN = 1280, 40
"""Pixels of a bar, and of its ends, which are left out, as the border of a picture is another matter;
multiples of both sides."""
WIDTHS = (3, 5, 9, 17, 33)
"""Pixels across a bar, and across the next one, which has another tone."""
TONES = ((20, 20, 25), (235, 230, 220), (120, 110, 100), (200, 60, 50), (60, 90, 160))


def main() -> None:
    """Measure all styles of all folders, print and write the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("galleries", nargs="+", help="NAME=FOLDER")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    result: dict[str, Any] = {"machine": machine()}
    for name, folder in (each.split("=", 1) for each in given.galleries):
        result[name] = {}
        for kind, suffix in KINDS.items():
            styles = sorted(Path(folder, kind).glob(f"*{suffix}"))
            found = {path.stem: measure(Stylizer(path, base=Path(folder, "base"))) for path in styles}
            result[name][kind] = found
            for way in ("rows", "columns"):
                of = {
                    side: statistics.mean(each[way][side] for each in found.values())
                    for side in ("blocks", "any")
                }
                print(f"{name}, {kind}, {way}: {of['blocks']:.2f} levels, {of['any']:.2f} of any", flush=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def bars() -> Bytes:
    """Return bars along rows: every tone beside every other, in every width."""
    colors = [color for one in TONES for other in TONES if one < other for color in (one, other)]
    rows = [color for width in WIDTHS for color in colors for _ in range(width)]
    return np.broadcast_to(np.array(rows, np.uint8)[:, None], (len(rows), LENGTH, 3)).copy()


def measure(style: Stylizer) -> dict[str, dict[str, float]]:
    """Return how far places are apart, along rows and along columns."""
    photo = bars()
    along = style.frame(photo, stroke=None)
    across = style.frame(np.ascontiguousarray(photo.swapaxes(0, 1)), stroke=None).swapaxes(0, 1)
    return {
        way: {"blocks": apart(made, SIDE), "any": apart(made, ANY)}
        for way, made in (("rows", along), ("columns", across))
    }


def apart(made: Bytes, side: int) -> float:
    """Return the deviation of the places in blocks of a side, along rows."""
    inner = made[MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.float64)
    places = inner.reshape(len(inner), -1, side, 3).mean(1)  # (H, side, 3)
    return round(float(np.sqrt(places.var(1).mean())), 3)


if __name__ == "__main__":
    main()
