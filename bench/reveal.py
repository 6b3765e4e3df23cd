"""Make the figures of docs/reveal.md by the commands that it names, and time them, each in its own process.

The photos are scikit-image's, the painting is the project's own swatch. Filters are learned from those photos
and from as many of a folder as make thirty; of those nothing but the filters is shown.

    python bench/reveal.py --photos FOLDER [FIGURE ...]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import skimage

from impasto.image import read_image, write_image
from machine import machine

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "bench" / "results" / "reveal.json"
IMAGES = ROOT / "docs" / "images"
SWATCH = ROOT / "src" / "impasto" / "gallery" / "swatches" / "starry-night.jpg"
DATA = Path(skimage.__file__).parent / "data"
CHELSEA, ASTRONAUT, COFFEE = (str(DATA / f"{name}.png") for name in ("chelsea", "astronaut", "coffee"))
OWN = ("chelsea.png", "astronaut.png", "coffee.png", "rocket.jpg")
MORE = ("camera.png", "coins.png", "brick.png", "grass.png", "hubble_deep_field.jpg", "moon.png")
LEARNED_FROM = 30

COMMANDS = {
    "content": ["content", CHELSEA, "--layers", "relu1_1,conv1_1,conv2_1,conv3_1,conv4_1,conv5_1"],
    "style": ["style", str(SWATCH)],
    "grid": ["grid", CHELSEA, str(SWATCH)],
    "weights": ["weights", COFFEE, str(SWATCH)],
    "features": ["features", CHELSEA, "--layer", "relu4_2"],
    "patches": ["features", CHELSEA, "--layer", "relu3_3", "--top", "4", "--photos", "{photos}"],
    "occlusion": ["occlusion", CHELSEA, "--layer", "relu5_4"],
    "sparse": ["sparse", "{folder}", "--denoise", "0.1"],
    "network": ["network", "vgg19", "--classifier"],
}
"""What each figure is made by; {photos} are scikit-image's, {folder} those and the folder's."""


def main() -> None:
    """Make what is named, or everything; show the seconds, and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", nargs="*", default=list(COMMANDS), help=", ".join(COMMANDS))
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("out/reveal"), help="where the PNGs go")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    result["machine"] = machine()
    with tempfile.TemporaryDirectory() as place:
        folders = gather(given.photos, Path(place))
        for name in given.figures:
            words = [word.format(**folders) for word in COMMANDS[name]]
            shown = " ".join(COMMANDS[name]).replace(str(DATA), "skimage").replace(f"{ROOT}/", "")
            result[name] = {"command": shown, **run(words, given.out / f"{name}.png")}
            print(name, result[name]["seconds"], "s", result[name]["peak_mib"], "MiB", flush=True)
            write_image(
                IMAGES / f"reveal-{name}.jpg", read_image(given.out / f"{name}.png").pixels, quality=75
            )
            RESULT.write_text(json.dumps(result, indent=1) + "\n")


def gather(photos: Path, place: Path) -> dict[str, str]:
    """Put the photos together; Chelsea comes first, as the first photo is the one that is shown."""
    folders = {"photos": place / "own", "folder": place / "all"}
    for kind, folder in folders.items():
        folder.mkdir()
        for number, name in enumerate(OWN if kind == "folder" else OWN + MORE):
            shutil.copy(DATA / name, folder / f"{number:02d}-{name}")
    others = sorted(photos.glob("*.jpg"))
    wanted = LEARNED_FROM - len(OWN)
    for path in others[:: max(1, len(others) // wanted)][:wanted]:
        shutil.copy(path, folders["folder"])
    return {name: str(folder) for name, folder in folders.items()}


def run(words: list[str], target: Path) -> dict[str, Any]:
    """Run one command; return its seconds, its peak of memory, and what it tells."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "impasto", "reveal", *words, "-o", str(target), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        last = [line for line in process.stdout if '"event": "done"' in line]
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    if status:
        raise SystemExit(f"impasto reveal {words[0]} failed with status {status}")
    seconds = round(time.perf_counter() - began, 1)
    numbers = json.loads(last[0])["numbers"]
    return {"seconds": seconds, "peak_mib": round(usage.ru_maxrss / 1024), **brief(numbers)}


def brief(numbers: dict[str, Any]) -> dict[str, Any]:
    """Leave long lists out, and where files were."""
    kept = {}
    for name, value in numbers.items():
        if name in ("panels", "pictures"):
            continue
        if not isinstance(value, list | dict):
            kept[name] = str(value).replace(f"{DATA}/", "skimage/") if name == "photo" else value
    if "panels" in numbers:
        kept["panels"] = [
            {key: value for key, value in panel.items() if key != "path"} for panel in numbers["panels"]
        ]
    return kept


if __name__ == "__main__":
    main()
