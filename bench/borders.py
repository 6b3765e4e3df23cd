"""What the border of a picture gets for being the border: bands along the sides.

A network knows no more of a photo than its pixels; what is around is made up of them, by reflection, and
beyond that is nothing. So each photo is painted as it is, and reflected further by hand, where its border is
far inside. Along each side the pixels of a line are averaged, where strokes average out and bands stay; how
far the two are apart, in levels of 255, is the most of 24 lines and three colors. The same of photos that
were reflected twice as far tells what strokes alone leave, which lie elsewhere then.

    python bench/borders.py PHOTOS before=GALLERY after=GALLERY [--paintings FOLDER] [--limit 4]

Galleries are folders with base, brushes and models; paintings are painted with at sight.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import numpy as np

from impasto import Stylizer
from judge import Bytes, read_levels
from machine import machine

RESULT = Path(__file__).parent / "results" / "borders.json"
SIDES = {"top": 0, "right": 1, "bottom": 2, "left": 3}
"""Quarter turns that bring each to the top."""
SIZE, LINES = 384, 24
FAR = 64
"""Pixels reflected by hand."""


def main() -> None:
    """Measure all styles of all folders, print means and write the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("galleries", nargs="+", help="NAME=FOLDER")
    parser.add_argument("--paintings", type=Path)
    parser.add_argument("--limit", type=int, default=4, help="photos")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    photos = [read_levels(path, SIZE) for path in sorted(given.photos.glob("*.jpg"))[: given.limit]]
    sight = [] if given.paintings is None else sorted(given.paintings.glob("*.jpg"))
    result: dict[str, Any] = {"machine": machine()}
    for name, folder in (each.split("=", 1) for each in given.galleries):
        styles = {kind: sorted(Path(folder, kind).iterdir()) for kind in ("models", "brushes")}
        result[name] = {}
        for kind, paths in {**styles, "at sight": sight}.items():
            found = {path.stem: measure(Stylizer(path, base=Path(folder, "base")), photos) for path in paths}
            result[name][kind] = found
            print(f"{name}, {kind}: {told(found)}", flush=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def measure(style: Stylizer, photos: list[Bytes]) -> dict[str, dict[str, float]]:
    """Return how far the border is from what it is far inside, along each side, and what strokes leave."""
    found: dict[str, dict[str, list[float]]] = {
        what: {side: [] for side in SIDES} for what in ("border", "strokes")
    }
    for photo in photos:
        near, far, farther = (painted(style, photo, by) for by in (0, FAR, 2 * FAR))
        for what, one, other in (("border", near, far), ("strokes", far, farther)):
            for side, turns in SIDES.items():
                found[what][side].append(apart(np.rot90(one, turns), np.rot90(other, turns)))
    return {
        what: {side: round(statistics.mean(values), 2) for side, values in sides.items()}
        for what, sides in found.items()
    }


def painted(style: Stylizer, photo: Bytes, by: int) -> Bytes:
    """Return the photo, painted with a reflection of itself around it."""
    made = style.frame(np.pad(photo, ((by, by), (by, by), (0, 0)), "reflect"), stroke=None)
    return made[by : by + photo.shape[0], by : by + photo.shape[1]]


def apart(one: Bytes, other: Bytes) -> float:
    """Return how far lines along the top are apart in the mean, where they are most."""
    lines = (each[:LINES].astype(np.float64).mean(1) for each in (one, other))
    return float(np.abs(next(lines) - next(lines)).max())


def told(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return means over styles, and the most of any."""
    words = []
    for what in ("border", "strokes"):
        for side in SIDES:
            values = [each[what][side] for each in found.values()] or [0.0]
            words.append(f"{what} {side} {statistics.mean(values):.1f} ({max(values):.1f})")
    return ", ".join(words)


if __name__ == "__main__":
    main()
