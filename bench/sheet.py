"""Paint a dozen pairs by one or more recipes, each in its own process, on a sheet to look at.

Writes the pictures, a contact sheet (one row a pair: photo, painting, then a column for each recipe), and how
long each took from the start of its process and how much memory it came to.

    python bench/sheet.py --photos FOLDER --paintings FOLDER --out out/sheet
"""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

from PIL import Image, ImageDraw

from machine import machine

PAIRS = (
    ("skimage_chelsea.jpg", "classic_starry_night.jpg"),
    ("clic25_8bb119b8ca174923.jpg", "classic_vg_self_portrait.jpg"),
    ("budgie_roman-colosseum.jpg", "classic_composition_vii.jpg"),
    ("commons_024.jpg", "classic_monet_water_lilies_1919.jpg"),
    ("skimage_astronaut.jpg", "classic_udnie.jpg"),
    ("kodak_23.jpg", "classic_great_wave.jpg"),
    ("kodak_4.jpg", "classic_the_scream.jpg"),
    ("budgie_lake-sherburne.jpg", "master_mont_sainte_victoire.jpg"),
    ("elementary_Sunset_Tree.jpg", "classic_shipwreck_of_the_minotaur.jpg"),
    ("commons_014.jpg", "classic_seurat_grande_jatte_alt.jpg"),
    ("skimage_coffee.jpg", "master_the_kiss_klimt.jpg"),
    ("openimg_assorted_house.jpg", "classic_vg_wheat_field_with_cypresses.jpg"),
)


def main() -> None:
    """Paint what is not there yet, then lay it out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--paintings", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("out/sheet"))
    parser.add_argument("--recipes", default="impasto")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--iterations", type=int, help="instead of each recipe's own")
    parser.add_argument("--pairs", type=int, default=len(PAIRS))
    parser.add_argument("--result", type=Path, help="write the times and the memory here")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    recipes = given.recipes.split(",")
    runs = []
    for number, (photo, painting) in enumerate(PAIRS[: given.pairs]):
        for recipe in recipes:
            target = given.out / f"{number:02d}-{recipe}.png"
            if not target.exists():
                sources = given.photos / photo, given.paintings / painting
                flags = ["--recipe", recipe, "--size", str(given.size)]
                if given.iterations:
                    flags += ["--iterations", str(given.iterations)]
                runs.append(
                    {
                        "pair": [photo, painting],
                        "recipe": recipe,
                        **paint(*sources, target, flags),
                    }
                )
                print(runs[-1], flush=True)
    lay_out(given.photos, given.paintings, given.out, recipes, given.pairs)
    if given.result and runs:
        middle = {key: statistics.median(run[key] for run in runs) for key in ("seconds", "peak_mib")}
        result = {"machine": machine(), "size": given.size, "median": middle, "runs": runs}
        given.result.write_text(json.dumps(result, indent=1) + "\n")


def paint(photo: Path, painting: Path, target: Path, flags: list[str]) -> dict[str, float]:
    """Run the command; return its wall-clock seconds and its peak memory in MiB."""
    command = [
        sys.executable,
        "-m",
        "impasto",
        "paint",
        str(photo),
        str(painting),
        "-o",
        str(target),
        "--quiet",
    ]
    began = time.perf_counter()
    process = os.posix_spawn(sys.executable, [*command, *flags], dict(os.environ))
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{photo.name} in the style of {painting.name} failed with status {status}")
    return {"seconds": round(time.perf_counter() - began, 1), "peak_mib": round(usage.ru_maxrss / 1024)}


def lay_out(
    photos: Path, paintings: Path, out: Path, recipes: list[str], pairs: int, cell: int = 360
) -> None:
    """Write the contact sheet, in pages of six rows."""
    for first in range(0, pairs, 6):
        rows = list(enumerate(PAIRS[:pairs]))[first : first + 6]
        sheet = Image.new("RGB", ((2 + len(recipes)) * cell, len(rows) * cell), "white")
        for row, (number, (photo, painting)) in enumerate(rows):
            columns = [
                photos / photo,
                paintings / painting,
                *(out / f"{number:02d}-{name}.png" for name in recipes),
            ]
            for column, path in enumerate(columns):
                with Image.open(path) as picture:
                    tile = picture.convert("RGB")
                tile.thumbnail((cell - 4, cell - 16))
                sheet.paste(tile, (column * cell, row * cell + 12))
                ImageDraw.Draw(sheet).text((column * cell, row * cell), path.name, fill="black")
        sheet.save(out / f"sheet-{first // 6}.png")


if __name__ == "__main__":
    main()
