"""Contact sheets of models: photos through each of them, whole and small, and large with a part at full size.

    python bench/models_sheet.py OUT [MODEL ...] [--photos FILE ...]

Models are those that are shipped, or those named; photos are scikit-image's, or those named. OUT gets
sheet.png, whole photos, and sheet-large.png, a part of each. docs/images/apply.jpg is the former, of the
shipped models and scikit-image's photos: with --docs.
"""

import argparse
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray

from impasto import Stylizer
from impasto.image import Cell, draw_sheet, fit_size, read_image, resize, write_image
from impasto.models.registry import GALLERY

DATA = Path(skimage.__file__).parent / "data"
PHOTOS = [DATA / name for name in ("chelsea.png", "astronaut.png", "coffee.png", "rocket.jpg")]
DOCS = Path(__file__).parent.parent / "docs" / "images" / "apply.jpg"
SMALL, LARGE, PART = 512, 2048, 640


def main() -> None:
    """Draw both sheets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("models", type=Path, nargs="*", default=sorted((GALLERY / "models").glob("*.onnx")))
    parser.add_argument("--photos", type=Path, nargs="+", default=PHOTOS)
    parser.add_argument("--docs", action="store_true", help="renew the picture of the README, too")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    styles = {path.stem: Stylizer(path) for path in args.models}
    small = draw(styles, args.photos, SMALL, None)
    write_image(args.out / "sheet.png", small)
    write_image(args.out / "sheet-large.png", draw(styles, args.photos, LARGE, PART))
    if args.docs:
        height, width = small.shape[:2]
        write_image(DOCS, resize(small, (height * 2 // 3, width * 2 // 3)), quality=82)


def draw(
    styles: dict[str, Stylizer], photos: list[Path], longest: int, part: int | None
) -> NDArray[np.float32]:
    """Draw a row for each photo, at so many pixels; of each the whole, or a square out of the middle."""
    rows = []
    for photo in photos:
        pixels = read_image(photo).pixels
        scaled = resize(pixels, fit_size(pixels.shape[:2], longest))
        pictures = [scaled, *(stylize(scaled) for stylize in styles.values())]
        rows.append([Cell(pixels=middle(each, part)) for each in pictures])
    return draw_sheet(rows, column_labels=["photo", *styles])


def middle(picture: NDArray[np.float32], side: int | None) -> NDArray[np.float32]:
    """Cut a square out of the middle, or leave the picture whole."""
    if side is None:
        return picture
    top, left = (max(0, (size - side) // 2) for size in picture.shape[:2])
    return picture[top : top + side, left : left + side]


if __name__ == "__main__":
    main()
