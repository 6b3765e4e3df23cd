"""Sheets to look at: every brush on a face, a landscape, architecture, an animal and a night scene.

For each brush OUT gets NAME.png, the painting and the five pictures at 512 pixels; NAME-large.png, a part of
each at 1536 pixels, where strokes must not dissolve; and for all of them together all.png, the pictures
small. Two pictures stand beside each other, so that a sheet need not be made smaller to be seen. Brushes are
names of the gallery or paths of .brush files; all that are shipped when none is named. Paintings are those of
gallery.tsv, in --paintings; without it their place is left free.

With --blind, for eyes that do not know which is which: sheets are numbered in an order that the seed draws,
without paintings, names and all.png; who has looked opens key.json.

Pictures are of other people's photos: look at them, do not commit them.

    python bench/brush_sheet.py [BRUSH ...] --photos PHOTOS --paintings PAINTINGS --out OUT [--blind SEED]
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gallery import BRUSHES, read_rows, style_path, using
from impasto import Stylizer
from impasto.image import Cell, draw_sheet, fit_size, resize, write_image
from judge import Bytes, read_levels

PHOTOS = {
    "face": "kodak_4.jpg",
    "landscape": "budgie_lake-sherburne.jpg",
    "architecture": "commons_030.jpg",
    "animal": "commons_001.jpg",
    "night": "budgie_taipei-city.jpg",
}
SMALL, LARGE, PART, THUMB = 512, 1536, 512, 240
CENTERS = {"face": (0.4, 0.5), "architecture": (0.65, 0.5), "night": (0.65, 0.5)}
"""Where the part is cut, from the top and from the left; out of the middle where nothing is said."""

Pixels = NDArray[np.float32]


def main() -> None:
    """Draw a sheet for each brush, and one for all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("brushes", nargs="*")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--paintings", type=Path)
    parser.add_argument("--out", type=Path, default=Path("out/brushes"))
    parser.add_argument("--base", type=Path, help="in place of the one in use")
    parser.add_argument("--blind", type=int, metavar="SEED", help="number the sheets, and name nothing")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    small = {what: read_levels(given.photos / name, SMALL) for what, name in PHOTOS.items()}
    large = {what: read_levels(given.photos / name, LARGE) for what, name in PHOTOS.items()}
    rows: list[list[Cell | None]] = [[None, *(Cell(pixels=thumb(each)) for each in small.values())]]
    names = given.brushes or [str(path) for path in sorted(BRUSHES.glob("*.brush"))]
    if given.blind is not None:
        random.Random(given.blind).shuffle(names)
    key = {str(number): Path(name).stem for number, name in enumerate(names, 1)}
    with using(given.base):
        for number, name in enumerate(names, 1):
            title = Path(name).stem if given.blind is None else str(number)
            stylize = Stylizer(style_path(name))
            painting = painting_of(title, given.paintings)
            made = {what: levels_of(stylize(photo)) for what, photo in small.items()}
            parts = {what: part(levels_of(stylize(photo)), what) for what, photo in large.items()}
            first = [] if painting is None else [Cell(pixels=unit(painting), caption="the painting")]
            write_image(given.out / f"{title}.png", in_pairs(title, [*first, *cells(made)]))
            write_image(
                given.out / f"{title}-large.png", in_pairs(f"{title}, parts at {LARGE} pixels", cells(parts))
            )
            shown = None if painting is None else Cell(pixels=thumb(painting))
            rows.append([shown, *(Cell(pixels=thumb(each)) for each in made.values())])
            print(title, flush=True)
    if given.blind is not None:
        (given.out / "key.json").write_text(json.dumps(key, indent=1) + "\n")
        return
    labels = ["photo", *key.values()]
    write_image(given.out / "all.png", draw_sheet(rows, row_labels=labels, column_labels=["", *PHOTOS]))


def painting_of(name: str, folder: Path | None) -> Bytes | None:
    """Return the painting of a brush, where it is known."""
    files = {row.name: row.file for row in read_rows()}
    if folder is None or name not in files:
        return None
    return read_levels(folder / files[name], SMALL)


def cells(made: dict[str, Bytes]) -> list[Cell]:
    """Return pictures of a sheet, with what they are of below."""
    return [Cell(pixels=unit(each), caption=what) for what, each in made.items()]


def in_pairs(title: str, pictures: list[Cell]) -> Pixels:
    """Draw two pictures beside each other, the next two below."""
    return draw_sheet([pictures[first : first + 2] for first in range(0, len(pictures), 2)], title=title)


def levels_of(pixels: Pixels) -> Bytes:
    """Return pixels in [0, 1] as levels of 8 bits."""
    return np.rint(pixels * 255).astype(np.uint8)


def part(picture: Bytes, what: str) -> Bytes:
    """Cut the part of a large picture that is looked at."""
    down, across = CENTERS.get(what, (0.5, 0.5))
    height, width = picture.shape[:2]
    top = round(min(max(0, down * height - PART / 2), max(0, height - PART)))
    left = round(min(max(0, across * width - PART / 2), max(0, width - PART)))
    return picture[top : top + PART, left : left + PART]


def thumb(picture: Bytes) -> Pixels:
    """Bring a picture to the size that it has among all."""
    return np.clip(resize(unit(picture), fit_size(picture.shape[:2], THUMB)), 0, 1)


def unit(picture: Bytes) -> Pixels:
    """Return levels as numbers from 0 to 1."""
    return picture.astype(np.float32) / np.float32(255)


if __name__ == "__main__":
    main()
