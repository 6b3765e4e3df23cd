"""How many steps of optimization one pass of a network is worth: Johnson et al. 2016, section 4.1, figure 5.

For photos that the network was not trained on, the loss of its output, as the artifact writes it, and the
loss that it was trained for at each step of L-BFGS from white noise, with pixels clipped to their range after
each, as in the paper. The answer is the step that first is as good as the network; optimization ends there,
or at --steps. What is done is kept in the result, and not done again: of another network with the same loss
and painting, optimization is, as far as it went.

With --together 4, so many photos are one picture: the loss that the network was trained for pools the style
of four of them, and so does then that of the optimization, which moves all their pixels at once.

    python bench/loss_vs_gatys.py MODEL.onnx PAINTING PHOTOS [--sizes 256 512] [--photos 50] [--together 4]
"""

import argparse
import hashlib
import json
import math
import statistics
import sys
import time
from contextlib import nullcontext
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from impasto import Stylizer
from impasto.image import read_image, resize
from impasto.models.artifact import Card
from impasto.models.files import read_card
from impasto.studio.encoders import load_encoder
from impasto.studio.networks import NetworkConfig
from impasto.studio.pixels import to_pixels, to_tensor
from impasto.studio.train.recipe import TrainRecipe
from impasto.studio.train.style import cropped, style_size
from impasto.studio.train.task import StyleTask
from lbfgs import descend
from machine import machine
from photos import middle

RESULT = Path(__file__).parent / "results" / "loss_vs_gatys.json"


def main() -> None:
    """Measure each photo at each size, print medians, write the raw result as it grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--photos", type=int, default=50)
    parser.add_argument("--together", type=int, default=1, help="photos whose style is pooled")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args()
    card = read_card(args.model)
    painting = args.painting.read_bytes()
    if hashlib.sha256(painting).hexdigest() != card.recipe["style_sha256"]:
        sys.exit(f"{args.painting} is not the painting that {args.model} was trained for")
    task, stylize = make_task(card, args.painting), Stylizer(args.model)
    result = json.loads(args.out.read_text()) if args.out.exists() else {"models": {}}
    result["machine"] = machine()
    known = of_model(result["models"].setdefault(card.name, {}), args.model, card, args.steps)
    paths = sorted(args.folder.glob("*.jpg"))[: args.photos]
    groups = [paths[first : first + args.together] for first in range(0, len(paths), args.together)]
    for size in args.sizes:
        title = str(size) if args.together == 1 else f"{size}, {args.together} together"
        rows = known["sizes"].setdefault(title, {"photos": {}})["photos"]
        for group in groups:
            name = " ".join(path.name for path in group)
            row = rows.get(name, {})
            if "network" not in row and len(group) == args.together:
                photos = torch.cat([middle(path, size) for path in group])
                rows[name] = compare(task, stylize, photos, args.steps, row)
                args.out.write_text(json.dumps(result, indent=1) + "\n")
        known["sizes"][title]["summary"] = summary(rows)
        args.out.write_text(json.dumps(result, indent=1) + "\n")
        print(card.name, title, known["sizes"][title]["summary"])


def of_model(known: dict[str, Any], model: Path, card: Card, steps: int) -> dict[str, Any]:
    """Leave of what is known what holds for this network: all, curves alone, or nothing."""
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    loss = {"weights": card.recipe["loss_weights"], "steps_at_most": steps}
    loss |= {name: card.recipe.get(name) for name in ("style_sha256", "style_crop")}
    if {name: known.get(name) for name in loss} != loss:
        known.clear()
        known.update(loss, sizes={})
    if known.get("sha256") != sha256:
        for size in known["sizes"].values():
            size["photos"] = {
                name: {"curve": row["curve"], "seconds": row["seconds"]}
                for name, row in size["photos"].items()
            }
    known["sha256"] = sha256
    return known


def make_task(card: Card, painting: Path) -> StyleTask:
    """Rebuild the loss that a model was trained for, from its card."""
    kept = dict(card.recipe["recipe"])
    kept["network"] = NetworkConfig(**kept["network"])
    recipe = TrainRecipe(**{each.name: kept[each.name] for each in fields(TrainRecipe) if each.name in kept})
    encoder = load_encoder(recipe.weights).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    crop = card.recipe.get("style_crop")
    picture = cropped(read_image(painting), crop and tuple(crop))
    style = to_tensor(resize(picture.pixels, style_size(recipe, picture.size)))
    task = StyleTask(encoder, recipe, style, nullcontext)
    task.weights = dict(card.recipe["loss_weights"])
    return task


def compare(
    task: StyleTask, stylize: Stylizer, photo: Tensor, steps: int, known: dict[str, Any]
) -> dict[str, Any]:
    """Return the losses of photos themselves, of the network's output, and of each step from noise.

    A curve that is known is taken if it comes down to the network's loss.
    """
    made = torch.cat([painted(stylize, each[None]) for each in photo])
    with torch.no_grad():
        terms = {name: term.item() for name, term in task(made, photo).items()}
        itself = sum(term.item() for term in task(photo, photo).values())
    total, began = round(sum(terms.values()), 4), time.perf_counter()
    curve, seconds = known.get("curve", []), known.get("seconds", 0.0)
    if len(curve) <= steps and total < min(curve, default=math.inf):
        curve = [round(each, 4) for each in optimize(task, photo, total, steps)]
        seconds = round(time.perf_counter() - began, 1)
    return {
        "photo": round(itself, 4),
        "network": total,
        "terms": {name: round(term, 4) for name, term in terms.items()},
        "steps": next((step for step, each in enumerate(curve) if each <= total), None),
        "curve": curve,
        "seconds": seconds,
    }


def painted(stylize: Stylizer, photo: Tensor) -> Tensor:
    """Return what the artifact makes of a photo, (1, 3, H, W), as it writes it."""
    levels = np.rint(to_pixels(photo) * 255).astype(np.uint8)
    return torch.from_numpy(
        stylize.frame(levels, stroke=None, underpainting=0).astype(np.float32) / 255
    ).permute(2, 0, 1)[None]


def optimize(
    task: StyleTask, photo: Tensor, wanted: float, steps: int, start: Tensor | None = None
) -> list[float]:
    """Return the loss of white noise, or of `start`, and after each step of L-BFGS until it is as wanted."""
    content = task.look(photo)
    curve: list[float] = []
    for terms in islice(descend(lambda image: task(image, photo, content), photo, start), steps + 1):
        curve.append(sum(terms.values()))
        if curve[-1] <= wanted:
            break
    return curve


def summary(rows: dict[str, Any]) -> dict[str, Any]:
    """Return medians over photos; a photo whose loss was not reached counts as more than any."""
    rows = {name: row for name, row in rows.items() if "network" in row}  # not of another network's
    steps = [float("inf") if row["steps"] is None else row["steps"] for row in rows.values()]
    median = statistics.median(steps)
    return {
        "photos": len(rows),
        "steps": None if median == float("inf") else median,
        "not_reached": steps.count(float("inf")),
        "loss_of_the_network": statistics.median(row["network"] for row in rows.values()),
        "loss_of_the_photo": statistics.median(row["photo"] for row in rows.values()),
    }


if __name__ == "__main__":
    main()
