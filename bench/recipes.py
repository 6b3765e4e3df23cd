"""Paint a dozen pairs by the recipes side by side, on a sheet to look at: which one should be the default?

The published recipes run at a small size and for fewer evaluations than they were published with, which their
names in the sheet say. `gram` is the default with a balanced Gram loss in place of the Wasserstein one.
`pytorch-tutorial` is run on the original weights, its pictures entered in that set's own units.

    python bench/recipes.py --photos FOLDER --paintings FOLDER --out out/recipes
"""

import argparse
import json
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from impasto.errors import DivergenceError
from impasto.image import write_image
from impasto.studio.memory import keep_memory
from impasto.studio.paint import RECIPES, PaintConfig, Recipe
from impasto.studio.paint.painting import paint
from machine import machine
from sheet import PAIRS, lay_out

RESULT = Path(__file__).parent / "results" / "recipes.json"
DEFAULT = RECIPES["impasto"]
GRAM_WEIGHT = 20.0

COLUMNS: dict[str, Recipe] = {
    "impasto": DEFAULT,
    "gram": replace(DEFAULT, style_form="elements-mean", style_weight=GRAM_WEIGHT),
    "gatys-300": replace(RECIPES["gatys"], iterations=300),
    "neural-style-300": replace(RECIPES["neural-style"], iterations=300),
    "pytorch-tutorial": replace(RECIPES["pytorch-tutorial"], weights="vgg19-original", unit="byte"),
}


def main() -> None:
    """Paint what is not there yet, then lay it out and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--paintings", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("out/recipes"))
    parser.add_argument("--columns", default=",".join(COLUMNS))
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--pairs", type=int, default=len(PAIRS))
    parser.add_argument("--result", type=Path, default=RESULT)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    names = given.columns.split(",")
    keep_memory()
    runs: list[dict[str, Any]] = []
    for number, (photo, painting) in enumerate(PAIRS[: given.pairs]):
        for name in names:
            target = given.out / f"{number:02d}-{name}.png"
            if target.exists():
                continue
            ran = run(given.photos / photo, given.paintings / painting, COLUMNS[name], given.size, target)
            runs.append({"pair": [photo, painting], "recipe": name, **ran})
            print(runs[-1], flush=True)
    lay_out(given.photos, given.paintings, given.out, names, given.pairs, cell=240)
    if runs:
        write(given.result, given.size, runs)


def run(photo: Path, painting: Path, recipe: Recipe, size: int, target: Path) -> dict[str, Any]:
    """Paint one pair; return its seconds, or where it diverged."""
    # A recipe that squashes its pictures to a square keeps doing so, as they would differ otherwise.
    config = PaintConfig(size=size if isinstance(recipe.size, int) else (size, size))
    began = time.perf_counter()
    try:
        painted = paint(photo, painting, config, recipe=recipe)
    except DivergenceError as error:
        return {"diverged": str(error)}
    write_image(target, painted.pixels)
    return {"seconds": round(time.perf_counter() - began, 1)}


def write(target: Path, size: int, runs: list[dict[str, Any]]) -> None:
    """Write every run, and the median seconds of each recipe."""
    names = dict.fromkeys(run["recipe"] for run in runs)
    middle = {
        name: statistics.median(run["seconds"] for run in runs if run["recipe"] == name and "seconds" in run)
        for name in names
    }
    result = {"machine": machine(), "size": size, "median_seconds": middle, "runs": runs}
    target.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
