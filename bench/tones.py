"""How far styles go astray from what is even or dark in a photo: clouds, rows of marks, lights in the dark.

Tone: what of the tones of a picture does not follow from its photo's (`tone_loss`), over the variance of the
painting's own: 1 is a picture whose light and dark are as strong as the painting's and lie anywhere. Grain:
the contrast that even parts of the photo got beyond those of the painting (`grain_loss`), over the painting's
mean contrast. Photos that are largely of one tone, by the variance of theirs, are told apart. Brushes, or
models, of the gallery's names in several folders stand beside each other; brushes of another base than the
installed one have it beside them, as FOLDER/base.

    python bench/tones.py PAINTINGS PHOTOS before=FOLDER after=FOLDER [--limit 12]
"""

import argparse
import json
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import Tensor

from gallery import painting_file, read_rows
from impasto import Stylizer
from impasto.studio.losses import contrasts, grain_loss, quiet_contrast, tone_loss, tone_variance
from judge import SIZE, Bytes, as_image, read_levels, spread
from machine import machine

RESULT = Path(__file__).parent / "results" / "tones.json"
EVEN = 0.01
"""Variance of a photo's tones below which it counts as even."""


def main() -> None:
    """Measure all, print a table, write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paintings", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("folders", nargs="+", help="NAME=FOLDER")
    parser.add_argument("--limit", type=int, help="so many photos, spread over their names")
    parser.add_argument("--only", help="names of gallery.tsv, with commas")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    folders = {name: Path(path) for name, path in (each.split("=", 1) for each in given.folders)}
    photos = {path.name: read_levels(path, SIZE) for path in spread(given.photos, given.limit)}
    spreads = {name: round(tone_variance(as_image(levels)).item(), 4) for name, levels in photos.items()}
    result: dict[str, Any] = {"machine": machine(), "size": SIZE, "photos": spreads, "styles": {}}
    with TemporaryDirectory() as parts:
        for row in read_rows(given.only):
            painting = as_image(read_levels(painting_file(row, given.paintings, Path(parts)), SIZE))
            found = {
                name: measure(style, photos, painting)
                for name, folder in folders.items()
                for style in sorted(folder.glob(f"{row.name}.*"))
                if style.suffix in {".brush", ".onnx"}
            }
            if found:
                result["styles"][row.name] = {"painting": describe(painting), **found}
                print(row.name, {name: means(each, spreads) for name, each in found.items()}, flush=True)
    both = [each for each in result["styles"].values() if folders.keys() <= each.keys()]
    for name in folders:
        kinds = zip(*(means(each[name], spreads).values() for each in both), strict=True)
        print(f"mean of {len(both)}, {name}:", [round(statistics.mean(kind), 3) for kind in kinds])
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def describe(painting: Tensor) -> dict[str, float]:
    """Return what pictures are measured against."""
    return {
        "tones": round(tone_variance(painting).item(), 4),
        "contrast": round(contrasts(painting).mean().item(), 4),
        "quiet": round(quiet_contrast(painting).item(), 4),
    }


def measure(style: Path, photos: dict[str, Bytes], painting: Tensor) -> dict[str, dict[str, float]]:
    """Return what goes astray, by kind and photo."""
    own = style.parent / "base"  # of brushes of before
    call = Stylizer(style, base=own if own.is_dir() else None)
    unit, contrast = tone_variance(painting), contrasts(painting).mean()
    found: dict[str, dict[str, float]] = {"tone": {}, "grain": {}}
    for name, levels in photos.items():
        made, photo = as_image(call.frame(levels)), as_image(levels)
        found["tone"][name] = round((tone_loss(made, photo) / unit).item(), 4)
        grain = grain_loss(made, photo, quiet_contrast(painting)) / contrast
        found["grain"][name] = round(grain.item(), 4)
    return found


def means(found: dict[str, dict[str, float]], spreads: dict[str, float]) -> dict[str, float]:
    """Return the means over even photos, and over the others, of each kind."""
    result = {}
    for kind, values in found.items():
        even = [value for name, value in values.items() if spreads[name] < EVEN]
        other = [value for name, value in values.items() if spreads[name] >= EVEN]
        for photos, those in ((f"{kind}, even", even), (f"{kind}, other", other)):
            result[photos] = round(statistics.mean(those), 3) if those else 0.0
    return result


if __name__ == "__main__":
    main()
