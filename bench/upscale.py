"""Seconds and peak memory for each megapixel made: a model in both engines, Lanczos, and OpenCV's bicubic.

Each contender is loaded once for each size, in a process of its own, and makes 8-bit pixels in memory larger;
they take turns, round by round, so that what else the machine does meets all of them. Medians over rounds,
after a first time that sets up and does not count.

OpenCV is installed apart, as it is no dependency; without it the others are timed:

    python3 -m venv peer && peer/bin/pip install opencv-python-headless
    python bench/upscale.py MODEL.onnx --opencv-python peer/bin/python --threads 2
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from contender import Contender
from impasto import Upscaler
from machine import machine

RESULT = Path(__file__).parent / "results" / "upscale.json"
WORKER = Path(__file__).with_name("upscale_worker.py")
SIZES = ((270, 480), (540, 960), (1080, 1920))
"""Of the pictures that are made larger, (H, W)."""


def main() -> None:
    """Time all, print the table, and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--opencv-python", help="a Python that has OpenCV and NumPy")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help="0: as each contender likes")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    pythons = dict.fromkeys(("openvino", "onnxruntime", "pillow"), sys.executable)
    if given.opencv_python:
        pythons["opencv"] = given.opencv_python
    upscaler = Upscaler(given.model)
    arguments = [str(given.model), str(upscaler.factor), str(given.threads)]
    result = {
        "machine": machine(),
        "model": {"name": upscaler.card.name, "bytes": given.model.stat().st_size},
        "factor": upscaler.factor,
        "threads": given.threads or "default",
        "sizes": {f"{w}x{h}": compare(pythons, arguments, (h, w), given.rounds) for h, w in SIZES},
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    report(result)


def compare(
    pythons: dict[str, str], arguments: list[str], size: tuple[int, int], rounds: int
) -> dict[str, dict[str, Any]]:
    """Let the contenders take turns at one size."""
    contenders = {
        name: Contender([python, str(WORKER), name, *arguments]) for name, python in pythons.items()
    }
    asked = f"{size[0]} {size[1]}"
    megapixels = int(arguments[1]) ** 2 * size[0] * size[1] / 1e6
    for each in contenders.values():
        each.ask(asked)
    turns = [{name: each.ask(asked) for name, each in contenders.items()} for _ in range(rounds)]
    found = {}
    for name, each in contenders.items():
        each.end()
        seconds = [turn[name]["seconds"] for turn in turns]
        peak = turns[-1][name]["peak_mib"]
        found[name] = {
            "about": each.loaded["about"],
            "seconds": seconds,
            "median": statistics.median(seconds),
            "seconds_per_megapixel": statistics.median(seconds) / megapixels,
            "peak_mib": round(peak),
            "peak_mib_per_megapixel": peak / megapixels,
        }
    return found


def report(result: dict[str, Any]) -> None:
    """Print what came out."""
    for size, found in result["sizes"].items():
        for name, each in found.items():
            print(
                f"{size:>10} x{result['factor']} {name:<12} {each['median'] * 1e3:8.1f} ms "
                f"{each['seconds_per_megapixel'] * 1e3:7.1f} ms/MP {each['peak_mib']:6} MiB "
                f"{each['peak_mib_per_megapixel']:6.1f} MiB/MP"
            )


if __name__ == "__main__":
    main()
