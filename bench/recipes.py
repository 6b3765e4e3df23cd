"""Paint a dozen pairs by the recipes side by side, on a sheet to look at: which one should be the default?

The published recipes run at a small size and for fewer evaluations than they were published with, which their
names in the sheet say. `five-layers` is the default with relu5_1 as well; `gram` is that with a balanced Gram
loss in place of the Wasserstein one. `pytorch-tutorial` is run on the original weights, its pictures entered
in that set's own units.

    python bench/recipes.py --photos FOLDER --paintings FOLDER --out out/recipes
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

from impasto.errors import DivergenceError
from impasto.image import write_image
from impasto.studio.memory import keep_memory
from impasto.studio.paint import RECIPES, PaintConfig, Recipe
from impasto.studio.paint.painting import paint
from sheet import PAIRS, lay_out

DEFAULT = RECIPES["impasto"]

LAYERS = dict.fromkeys(("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), 1.0)

COLUMNS: dict[str, Recipe] = {
    "impasto": DEFAULT,
    "five-layers": replace(DEFAULT, style_layers=LAYERS, style_weight=2.0),
    "gram": replace(DEFAULT, style_layers=LAYERS, style_form="elements-mean", style_weight=20.0),
    "gatys-300": replace(RECIPES["gatys"], iterations=300),
    "neural-style-300": replace(RECIPES["neural-style"], iterations=300),
    "pytorch-tutorial": replace(RECIPES["pytorch-tutorial"], weights="vgg19-original", unit="byte"),
}


def main() -> None:
    """Paint what is not there yet, then lay it out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--paintings", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("out/recipes"))
    parser.add_argument("--columns", default=",".join(COLUMNS))
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--pairs", type=int, default=len(PAIRS))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    names = given.columns.split(",")
    keep_memory()
    for number, (photo, painting) in enumerate(PAIRS[: given.pairs]):
        for name in names:
            target = given.out / f"{number:02d}-{name}.png"
            if target.exists():
                continue
            said = run(given.photos / photo, given.paintings / painting, COLUMNS[name], given.size, target)
            print(photo, painting, name, said, flush=True)
    lay_out(given.photos, given.paintings, given.out, names, given.pairs, cell=240)


def run(photo: Path, painting: Path, recipe: Recipe, size: int, target: Path) -> str:
    """Paint one pair; say how long it took, or where it diverged."""
    # A recipe that squashes its pictures to a square keeps doing so, as they would differ otherwise.
    config = PaintConfig(size=size if isinstance(recipe.size, int) else (size, size))
    began = time.perf_counter()
    try:
        painted = paint(photo, painting, config, recipe=recipe)
    except DivergenceError as error:
        return f"diverged: {error}"
    write_image(target, painted.pixels)
    return f"{time.perf_counter() - began:.0f} s"


if __name__ == "__main__":
    main()
