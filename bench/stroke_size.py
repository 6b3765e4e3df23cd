"""How wide strokes are at a stroke of 0.5, 1 and 2, by the code and by the size that is painted at.

By code: the encoder is told that the painting is seen at half, at once or at twice the size, as in training,
and the photo is painted at its own size. By size: what `apply --stroke` does. Photos are blurred until no
edge is left (a deviation of 40 pixels), so all that is narrow in a picture was painted. Its width is that of
a wave of lightness with as much variance, after what is wider than about 64 pixels was taken out, and as
steep in the mean: 2 pi (variance / mean square of the gradient)^1/2, in pixels. (What is taken out holds the
widest strokes too, so ratios are nearer to 1 than strokes are.) Strength is the deviation, in levels of 255.

    python bench/stroke_size.py PAINTINGS PHOTOS [--limit 4] [--styles 6] [--brushes NAME,NAME]
"""

import argparse
import json
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from gallery import BRUSHES
from impasto import Brush, Stylizer
from impasto.image import luminance, read_image
from impasto.models.base import Base
from judge import SIZE, Bytes, read_levels, spread
from machine import machine

RESULT = Path(__file__).parent / "results" / "stroke_size.json"
STROKES = (0.5, 1.0, 2.0)
SOFT, WIDE = 40, 64

Found = dict[str, float]


def main() -> None:
    """Measure all, print a table, write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paintings", type=Path, help="that are seen at sight")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--limit", type=int, default=4, help="so many photos, spread over their names")
    parser.add_argument("--styles", type=int, default=6, help="so many paintings")
    parser.add_argument("--brushes", default="starry-night,the-scream,mont-sainte-victoire,water-lilies")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    photos = [soft(read_levels(path, SIZE)) for path in spread(given.photos, given.limit)]
    rows: dict[str, dict[str, dict[str, Found]]] = {}
    for path in spread(given.paintings, given.styles):
        rows[path.stem] = {"by code": by_code(path, photos), "by size": by_size(path, photos)}
        print(path.stem, rows[path.stem], flush=True)
    for name in given.brushes.split(","):
        rows[name] = {"by size": by_size(BRUSHES / f"{name}.brush", photos)}
        print(name, rows[name], flush=True)
    result: dict[str, Any] = {"machine": machine(), "size": SIZE, "styles": rows, "ratios": ratios(rows)}
    print(result["ratios"])
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def soft(levels: Bytes) -> Bytes:
    """Blur a photo until it has no edges."""
    return np.asarray(Image.fromarray(levels).filter(ImageFilter.GaussianBlur(SOFT)))


def by_code(painting: Path, photos: list[Bytes]) -> dict[str, Found]:
    """Measure strokes of codes for other sizes of the painting."""
    codes = Base().encode(read_image(painting).pixels, STROKES)
    brush = Brush.from_painting(painting)
    styles = {
        stroke: Stylizer(replace(brush, code=code)) for stroke, code in zip(STROKES, codes, strict=True)
    }
    return {
        f"{stroke:g}": mean([measure(style(photo)) for photo in photos]) for stroke, style in styles.items()
    }


def by_size(style: Path, photos: list[Bytes]) -> dict[str, Found]:
    """Measure strokes of `apply --stroke`."""
    stylize = Stylizer(style)
    return {
        f"{stroke:g}": mean([measure(stylize(photo, stroke=stroke)) for photo in photos])
        for stroke in STROKES
    }


def measure(picture: NDArray[np.float32]) -> Found:
    """Return the width of what is narrow in a picture, and how strong it is."""
    light = luminance(picture)
    image = Image.fromarray(np.ascontiguousarray(light, dtype=np.float32))
    narrow = light - np.asarray(image.resize((image.width // WIDE, image.height // WIDE)).resize(image.size))
    inner = narrow[WIDE:-WIDE, WIDE:-WIDE]
    steep = sum(np.square(np.diff(inner, axis=axis)).mean() for axis in (0, 1))
    variance = inner.var()
    return {"width": float(2 * np.pi * (variance / steep) ** 0.5), "strength": float(255 * variance**0.5)}


def mean(found: list[Found]) -> Found:
    """Return the means over photos."""
    return {key: round(statistics.mean(each[key] for each in found), 2) for key in found[0]}


def ratios(rows: dict[str, dict[str, dict[str, Found]]]) -> dict[str, Any]:
    """Return medians over styles of the width and strength at 0.5 and at 2, over those at 1."""
    return {
        f"{way}, {stroke}": {
            key: round(
                statistics.median(
                    row[way][stroke][key] / row[way]["1"][key] for row in rows.values() if way in row
                ),
                2,
            )
            for key in ("width", "strength")
        }
        for way in ("by code", "by size")
        for stroke in ("0.5", "2")
    }


if __name__ == "__main__":
    main()
