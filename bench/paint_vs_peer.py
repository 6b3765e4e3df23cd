"""Time to a loss: this engine against pastiche 1.6.0, both minimizing pastiche's own loss.

The peer runs as its users run it, by its command, for 500 steps. There are two marks: the loss that it has
reached then, and that of the picture file that it writes. Ours runs the recipe in peer.py, at one size, until
both are reached; every 5 steps both losses are computed, with the clock stopped. Both get the same pictures,
resized beforehand, and the same weights. Times count from the start of the process. As the machine may be
shared, single evaluations at full size are also timed in turn, one of theirs and one of ours, and the ratio
of each pair is kept.

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

from impasto.events import Progress
from impasto.image import fit_size, read_image, resize, write_image
from impasto.studio.memory import keep_memory
from impasto.studio.paint import PaintConfig, PaintJob
from impasto.studio.pixels import to_pixels
from machine import machine
from peer import PASTICHE, judge_of

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
        peer["file"] = their_loss(content, style, given.size, Path(folder) / "peer.png")
        ours = run_ours(content, style, given.size, (mark, peer["file"]), Path(folder))
        ours["file"] = their_loss(content, style, given.size, Path(folder) / "ours.png")
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


def run_ours(
    content: Path, style: Path, size: int, marks: tuple[float, float], folder: Path
) -> dict[str, object]:
    """Run our engine until both marks; seconds include the import of torch, as the peer's do.

    The marks are the peer's loss, and that of the picture file that it writes. The engine may leave a layer
    out that adds next to nothing, so what counts is the peer's whole loss. It is evaluated apart, every 5
    steps, and the clock stands still meanwhile.
    """
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch, impasto.studio.paint.job"], check=True)
    importing = time.perf_counter() - began
    began = time.perf_counter()
    keep_memory()  # as the command does
    job = PaintJob(content, [style], PaintConfig(size=size), recipe=PASTICHE)
    judge = judge_of(job, PASTICHE)
    curve: list[tuple[float, int, float, float]] = []
    reached: dict[str, float] = {}
    for event in job.events():
        if not isinstance(event, Progress) or event.iteration % 5 or event.size[1] < size:
            continue
        seconds = importing + time.perf_counter() - began
        assert job.stage is not None
        image = job.stage.end()
        written = (image.clamp(0, 1) * 255).round() / 255
        losses = judge(image), judge(written)
        curve.append((round(seconds, 2), event.iteration, *losses))
        for name, loss, mark in zip(("loss", "file"), losses, marks, strict=True):
            if loss <= mark:
                reached.setdefault(name, round(seconds, 2))
        if len(reached) == len(marks):
            break
        began = time.perf_counter() + importing - seconds  # the clock goes on from where it was
    write_image(folder / "ours.png", to_pixels(image))
    return {"reached": reached, "importing": importing, "curve": curve}


def their_loss(content: Path, style: Path, size: int, picture: Path) -> float:
    """Return the loss of a picture file as the peer's own code computes it."""
    artist = PasticheArtist(str(content), [str(style)], init=str(picture), size=size, device="cpu")
    return float(artist.loss)


def time_steps(content: Path, style: Path, size: int, pairs: int) -> dict[str, object]:
    """Time one of their steps and one of ours at full size, in turn."""
    artist = PasticheArtist(str(content), [str(style)], size=size, device="cpu")
    recipe = replace(PASTICHE, transport=0.0, iterations=pairs + 1)
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
    steps = (len(peer["losses"]) - 1) * peer["every"]
    print(f"pastiche: {steps} steps in {peer['seconds']:.0f} s; its picture file scores {peer['file']:.0f}")
    print(f"impasto: its picture file scores {ours['file']:.0f} at the end")
    for name, mark in (("loss", result["mark"]), ("file", peer["file"])):
        seconds = ours["reached"].get(name)
        ratio = f"reached in {seconds:.0f} s, {peer['seconds'] / seconds:.1f} x" if seconds else "NOT reached"
        print(f"impasto: pastiche's {name}, {mark:.0f}, {ratio}")
    print(f"one evaluation, theirs over ours: {result['steps']['median_ratio']:.2f}")


if __name__ == "__main__":
    main()
