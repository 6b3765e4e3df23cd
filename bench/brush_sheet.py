"""Sheets to look at: every brush on a face, a landscape, architecture, an animal and a night scene.

For each brush OUT gets NAME.png: the painting and the five pictures at 512 pixels, and below each a part, as
large, of the picture at 1536 pixels, where strokes must not dissolve; and for all of them together all.png,
the pictures small. Brushes are names of the gallery or paths of .brush files; all that are shipped when none
is named. Paintings are those of gallery.tsv, in --paintings; without it their place is left free. Pictures
are of other people's photos: look at them, do not commit them.

    python bench/brush_sheet.py [BRUSH ...] --photos PHOTOS --paintings PAINTINGS --out OUT
"""

import argparse
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
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    small = {what: read_levels(given.photos / name, SMALL) for what, name in PHOTOS.items()}
    large = {what: read_levels(given.photos / name, LARGE) for what, name in PHOTOS.items()}
    rows: list[list[Cell | None]] = [[None, *(Cell(pixels=thumb(each)) for each in small.values())]]
    names = given.brushes or [str(path) for path in sorted(BRUSHES.glob("*.brush"))]
    with using(given.base):
        for name in names:
            stylize, painting = Stylizer(style_path(name)), painting_of(Path(name).stem, given.paintings)
            made = {what: stylize.frame(photo) for what, photo in small.items()}
            parts = [part(stylize.frame(photo), what) for what, photo in large.items()]
            write_image(given.out / f"{Path(name).stem}.png", sheet(name, painting, made, parts))
            first = None if painting is None else Cell(pixels=thumb(painting))
            rows.append([first, *(Cell(pixels=thumb(each)) for each in made.values())])
            print(Path(name).stem, flush=True)
    labels = ["photo", *(Path(name).stem for name in names)]
    write_image(given.out / "all.png", draw_sheet(rows, row_labels=labels, column_labels=["", *PHOTOS]))


def painting_of(name: str, folder: Path | None) -> Bytes | None:
    """Return the painting of a brush, where it is known."""
    files = {row.name: row.file for row in read_rows()}
    if folder is None or name not in files:
        return None
    return read_levels(folder / files[name], SMALL)


def sheet(name: str, painting: Bytes | None, made: dict[str, Bytes], parts: list[Bytes]) -> Pixels:
    """Draw the painting and what came out, and below it the parts."""
    first = None if painting is None else Cell(pixels=unit(painting))
    rows = [
        [first, *(Cell(pixels=unit(each)) for each in made.values())],
        [None, *(Cell(pixels=unit(each), caption=f"part, at {LARGE} pixels") for each in parts)],
    ]
    return draw_sheet(rows, title=Path(name).stem, column_labels=["painting", *made])


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
