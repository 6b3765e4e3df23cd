"""How far a network of a model's size can come at best: the model, trained on for one photo and no other.

What a network makes of photos that it has not seen is not expected to be better than what it makes of the
only one that it was fitted to. So where even that is worth fewer steps of L-BFGS from white noise (Johnson et
al. 2016, section 4.1) than wished for, more training does not help; another network may.

    python bench/one_photo.py MODEL.onnx PAINTING PHOTOS [--photos 3] [--size 256] [--fit 300] [--steps 120]
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.models.files import read_card
from impasto.studio.networks import NetworkConfig, build_network
from impasto.studio.train.checkpoint import restore_weights
from impasto.studio.train.start import read_start
from impasto.studio.train.task import StyleTask
from judge import spread
from loss_vs_gatys import make_task, optimize
from machine import machine
from photos import middle

RESULT = Path(__file__).parent / "results" / "one_photo.json"
RATE = 2e-3
"""The highest learning rate of Adam, that of the default recipe; it falls to nothing, as half a cosine."""


def main() -> None:
    """Fit and measure photo by photo, and write the result as it grows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=3, help="spread over the names of the folder")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--fit", type=int, default=300, help="steps of Adam on the one photo")
    parser.add_argument("--steps", type=int, default=120, help="of L-BFGS, at most")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    card = read_card(given.model)
    task = make_task(card, given.painting)
    rows: dict[str, Any] = {}
    for path in spread(given.folder, given.photos):
        photo = middle(path, given.size)
        network = build_network(NetworkConfig(**card.recipe["recipe"]["network"]))
        restore_weights(network, read_start(given.model).tensors)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        before = measured(network, task, photo)
        began = time.perf_counter()
        fit(network, task, photo, given.fit)
        seconds = time.perf_counter() - began
        after = measured(network, task, photo)
        curve = optimize(task, photo, 0.0, given.steps)
        rows[path.name] = {
            "model": {"loss": round(before, 4), "steps": worth(curve, before)},
            "fitted": {"loss": round(after, 4), "steps": worth(curve, after), "seconds": round(seconds)},
            "curve": [round(each, 4) for each in curve],
        }
        print(path.name, rows[path.name]["model"], rows[path.name]["fitted"], round(curve[-1], 3), flush=True)
        told = {"model": card.name, "size": given.size, "fit": given.fit, "rate": RATE, "machine": machine()}
        given.out.write_text(json.dumps({**told, "photos": rows}, indent=1) + "\n")


def fit(network: torch.nn.Module, task: StyleTask, photo: Tensor, steps: int) -> None:
    """Train a network on one photo, whole."""
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    content = task.look(photo)
    network.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 + math.cos(math.pi * step / steps)) / 2
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            made = network(photo)
        terms = task(made.float(), photo, content)
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    network.eval()


def measured(network: torch.nn.Module, task: StyleTask, photo: Tensor) -> float:
    """Return the loss of what a network makes of a photo."""
    network.eval()
    with torch.no_grad():
        made = network(photo)
        return float(sum(term.item() for term in task(made, photo).values()))


def worth(curve: list[float], loss: float) -> int | None:
    """Return the first step that is as good; None where none is."""
    return next((step for step, each in enumerate(curve) if each <= loss), None)


if __name__ == "__main__":
    main()
