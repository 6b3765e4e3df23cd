"""Photos a second in training: this loop against a plain one with the configuration of pytorch/examples.

The peer is in peer_training.py: its network, VGG-16's shape, batches of 4, 256 pixels, float32. This loop
looks through the same VGG-16, and trains once a johnson network (the same networks), and once `compact`, as
by default, at each size that the default recipe goes through. Ours counts all that happens in a step too:
decoding, logging's numbers, progress. As the machine may be shared, a few steps of the peer and of each of
ours are taken in turn, and the ratio of each turn is kept.

    python bench/train_vs_peer.py --photos FOLDER --style PAINTING
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from impasto.studio.memory import keep_memory
from impasto.studio.train import RECIPES, TrainConfig, TrainJob, TrainRecipe
from impasto.studio.train.events import TrainProgress
from machine import machine
from peer_training import VGG16, train

RESULT = Path(__file__).parent / "results" / "train_vs_peer.json"
BATCH = 4


def main() -> None:
    """Take turns, print the table, and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--style", type=Path, required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=2, help="of each loop in a turn")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    keep_memory()  # as the command does; the peer has it too
    torch.manual_seed(0)
    vgg = VGG16()
    paths = sorted(path for path in given.photos.rglob("*") if path.suffix.lower() in {".jpg", ".png"})
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "vgg16.safetensors"
        save_file(vgg.weights(), weights, metadata={"preprocessing": "torchvision"})
        loops: dict[str, Iterator[object]] = {"peer": train(vgg, given.style, paths, given.size, BATCH)}
        for name, recipe in ours(given.size).items():
            loops[name] = steps_of(recipe, given.photos, given.style, weights)
        seconds = take_turns(loops, given.steps, given.turns)
    result = summary(seconds, given.steps * BATCH, given.size)
    given.out.write_text(json.dumps({"machine": machine(), **result}, indent=1) + "\n")
    report(result)


def ours(size: int) -> dict[str, TrainRecipe]:
    """Return the recipes that are timed, by name; each stays at one size."""
    default = replace(RECIPES["impasto"], growth=(), size=size, batch=BATCH)
    same = replace(default, network=RECIPES["pytorch-examples"].network)
    smaller = {f"compact {side}": replace(default, size=side) for side in sizes(size)}
    return {f"johnson {size}": same, **smaller}


def sizes(size: int) -> list[int]:
    """Return the sizes that the default recipe goes through, where its last is `size`."""
    return [*(16 * round(size * share / 16) for _, share in RECIPES["impasto"].growth), size]


def steps_of(recipe: TrainRecipe, photos: Path, style: Path, weights: Path) -> Iterator[object]:
    """Yield after each step of our loop."""
    config = TrainConfig(
        weights=str(weights),
        iterations=10_000,  # never over here
        checkpoint_every=10_000,
        sheet_every=0,
        held_out=0,
        device="cpu",
    )
    job = TrainJob(style, photos, config, recipe=recipe)
    return (event for event in job.events() if isinstance(event, TrainProgress))


def take_turns(loops: dict[str, Iterator[object]], steps: int, turns: int) -> dict[str, list[float]]:
    """Return the seconds of each loop in each turn; a first turn, in which all is set up, is left out."""
    seconds: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(turns + 1):
        for name, loop in loops.items():
            seconds[name].append(timed(lambda loop=loop: [next(loop) for _ in range(steps)]))  # type: ignore[misc]
    return {name: found[1:] for name, found in seconds.items()}


def timed(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def summary(seconds: dict[str, list[float]], images: int, size: int) -> dict[str, Any]:
    """Return photos a second, and medians of the ratios to the peer of the same turn."""
    ratios = {
        name: [theirs / mine for theirs, mine in zip(seconds["peer"], found, strict=True)]
        for name, found in seconds.items()
        if name != "peer"
    }
    medians = {name: statistics.median(found) for name, found in ratios.items()}
    untils = [0.0, *(until for until, _ in RECIPES["impasto"].growth), 1.0]
    parts = {f"compact {side}": b - a for side, a, b in zip(sizes(size), untils, untils[1:], strict=False)}
    whole = 1 / sum(part / medians[name] for name, part in parts.items())
    return {
        "threads": torch.get_num_threads(),
        "images_per_turn": images,
        "seconds": seconds,
        "images_per_second": {name: images / statistics.median(found) for name, found in seconds.items()},
        "median_ratio": {**medians, "compact, the whole recipe": whole},
    }


def report(result: dict[str, Any]) -> None:
    """Print what came out."""
    for name, speed in result["images_per_second"].items():
        print(f"{name}: {speed:.2f} photos/s")
    for name, ratio in result["median_ratio"].items():
        print(f"{name}: {ratio:.2f} times the peer")


if __name__ == "__main__":
    main()
