"""Time of a picture of 1280 x 720 with a brush or a painting, against the `compact` model of one painting.

A painting is encoded first, which is timed by itself, on 8-bit pixels of 1024 x 688. Each contender is loaded
once, in a process of its own, and they take turns, round by round; ratios are medians over rounds. `cold` is
the whole command, from start to file, for the same size, in turns as well. The goals: a brush within 1.15 of
`compact`, and at most 60 ms more for a painting, on two cores. Every pixel is painted once; `as applied` is
what `apply` does unasked: wider strokes, and for the brush, a broad painting below.

    python bench/brush_speed.py BRUSH PAINTING [--model MODEL.onnx] [--rounds 15]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from contender import Contender
from gallery import MODELS, base_sha256, style_path, using
from impasto.image import write_image
from machine import machine

RESULT = Path(__file__).parent / "results" / "brush_speed.json"
WORKER = Path(__file__).with_name("apply_worker.py")
SIZE, PAINTING = (720, 1280), (688, 1024)
COMPACT = "compact"
WARM = 18
"""Rounds before the first that counts: from the 17th on what is painted over has graphs of its own."""


def main() -> None:
    """Time all, print the table, and write the raw result."""
    given = arguments()
    styles = {COMPACT: given.model, "brush": str(style_path(given.brush)), "painting": str(given.painting)}
    with using(given.base):
        result = {
            "machine": machine(),
            "base": base_sha256(),
            "threads": given.threads or "default",
            "size": SIZE,
            "warm": warm(styles, given.rounds, given.threads),
            "cold": cold(styles, given.rounds),
        }
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    report(result)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("brush", help="name of a brush that is shipped, or path of a .brush file")
    parser.add_argument("painting", type=Path)
    parser.add_argument("--model", default=str(MODELS / "great-wave.onnx"), help="of the kind `compact`")
    parser.add_argument("--base", type=Path, help="in place of the one in use")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=0, help="0: as the engine likes")
    parser.add_argument("--out", type=Path, default=RESULT)
    return parser.parse_args()


def warm(styles: Mapping[str, str], rounds: int, threads: int) -> dict[str, Any]:
    """Let loaded contenders take turns, after some that set up and do not count."""
    kinds = {name: ("impasto", style, SIZE) for name, style in styles.items()}
    for name in (COMPACT, "brush"):
        kinds[f"{name} in ONNX Runtime"] = ("onnxruntime", styles[name], SIZE)
        kinds[f"{name} as applied"] = ("applied", styles[name], SIZE)
    kinds["encoding"] = ("encode", "-", PAINTING)
    contenders = {
        name: Contender([sys.executable, str(WORKER), kind, style, str(threads)])
        for name, (kind, style, _) in kinds.items()
    }
    lines = {name: f"{size[0]} {size[1]}" for name, (_, _, size) in kinds.items()}
    turns = [
        {name: each.ask(lines[name])["seconds"] for name, each in contenders.items()}
        for _ in range(WARM + rounds)
    ]
    for each in contenders.values():
        each.end()
    loaded = {name: each.loaded for name, each in contenders.items()}
    return {"contenders": loaded, **summary(turns[WARM:])}


def cold(styles: Mapping[str, str], rounds: int) -> dict[str, Any]:
    """Time the whole command, process and all, in turns."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32) / SIZE[1]
    turns = []
    with tempfile.TemporaryDirectory() as folder:
        photo, out = Path(folder) / "photo.jpg", Path(folder) / "out.jpg"
        write_image(photo, np.stack([x, y, (x + y) / 2], axis=2))
        command = [sys.executable, "-m", "impasto", "apply", str(photo), "-o", str(out), "--style"]
        for _ in range(rounds):
            turn = {}
            for name, style in styles.items():
                began = time.perf_counter()
                subprocess.run([*command, style], check=True, capture_output=True)
                turn[name] = time.perf_counter() - began
            turns.append(turn)
    return summary(turns)


def summary(turns: list[dict[str, float]]) -> dict[str, Any]:
    """Return seconds, their medians, and the medians of ratios to `compact` in the same round."""
    ratios = {name: statistics.median(turn[name] / turn[COMPACT] for turn in turns) for name in turns[0]}
    return {
        "seconds": {name: [round(turn[name], 5) for turn in turns] for name in turns[0]},
        "median": {name: round(statistics.median(turn[name] for turn in turns), 5) for name in turns[0]},
        "ratio_to_compact": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "more_than_compact": {
            name: round(statistics.median(turn[name] - turn[COMPACT] for turn in turns), 5)
            for name in turns[0]
        },
    }


def report(result: dict[str, Any]) -> None:
    """Print what came out."""
    for name, each in result["warm"]["contenders"].items():
        print(f"{name}: {each['about']}, loaded in {each['loading']:.2f} s")
    for kind in ("warm", "cold"):
        found = result[kind]
        for name, median in found["median"].items():
            ratio, more = found["ratio_to_compact"][name], found["more_than_compact"][name]
            print(f"{kind} {name:<24} {median * 1e3:8.1f} ms {ratio:6.2f} x compact {more * 1e3:+8.1f} ms")


if __name__ == "__main__":
    main()
