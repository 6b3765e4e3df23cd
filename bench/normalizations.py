"""What a normalization does to a trained style, and a checkerboard: figures and losses of short trainings.

Six of compact, alike but for their normalization; and three of the johnson network at half its channels,
alike but for how it doubles sizes. Each is then evaluated on photos that it was not trained on, as they are
and at two fifths of their contrast, by the loss that it was trained for; and on how regular a grid it lays
over them. The figures show photos of scikit-image. What is done is kept in --work, and not done again.

    python bench/normalizations.py PAINTING TRAIN_PHOTOS TEST_PHOTOS [--iterations 400]
"""

import argparse
import json
import statistics
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import skimage
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto import TrainConfig, TrainJob
from impasto.image import Cell, draw_sheet, write_image
from impasto.studio.networks.config import Norm, Upsampling
from impasto.studio.pixels import to_pixels
from impasto.studio.train.events import Trained
from impasto.studio.train.task import StyleTask
from machine import machine
from photos import middle

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "bench" / "results" / "normalizations.json"
IMAGES = ROOT / "docs" / "images"
DATA = Path(skimage.__file__).parent / "data"
SHOWN = ("chelsea.png", "astronaut.png")
FAINT = 0.4
"""Of the contrast, what a faint photo keeps."""

PHOTOS, SIDE = 24, 256
"""Photos evaluated on, and the side of their squares."""

SETUPS: dict[str, TrainConfig] = {
    **{each: TrainConfig(norm=each, size=128, batch=4) for each in get_args(Norm)},
    **{
        each: TrainConfig(network="johnson", channels=16, upsampling=each, size=128, batch=4)
        for each in get_args(Upsampling)
    },
}


def main() -> None:
    """Train all, evaluate them, draw two figures, and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("painting", type=Path)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("setups", nargs="*", default=list(SETUPS), help=", ".join(SETUPS))
    parser.add_argument("--iterations", type=int, default=400)
    parser.add_argument("--work", type=Path, default=Path("out/normalizations"))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {"setups": {}}
    result["machine"], result["iterations"] = machine(), args.iterations
    tests = [middle(path, SIDE) for path in sorted(args.test.glob("*.jpg"))[:PHOTOS]]
    made: dict[str, nn.Module] = {}
    for name in args.setups:
        made[name], task = train(name, args)
        result["setups"][name] = {"config": given(SETUPS[name]), **evaluate(made[name], task, tests)}
        print(name, result["setups"][name], flush=True)
        RESULT.write_text(json.dumps(result, indent=1) + "\n")
    if set(made) == set(SETUPS):
        write_image(IMAGES / "normalizations.jpg", draw_norms(made), quality=80)
        write_image(IMAGES / "checkerboard.png", draw_grids(made))


def given(config: TrainConfig) -> dict[str, Any]:
    """Return the settings that are not as they are by default."""
    usual = asdict(TrainConfig())
    return {name: value for name, value in asdict(config).items() if value != usual[name]}


def train(name: str, args: argparse.Namespace) -> tuple[nn.Module, StyleTask]:
    """Train one setup, or read what it made; return it with the loss that all are compared by."""
    config = replace(SETUPS[name], iterations=args.iterations, sheet_every=0, held_out=0)
    job = TrainJob(args.painting, args.train, config)
    kept = args.work / f"{name}.pt"
    if not kept.exists():
        ended = [event for event in job.events() if isinstance(event, Trained)][-1]
        torch.save({"weights": job.network.state_dict(), "losses": dict(ended.weights)}, kept)
    saved = torch.load(kept, weights_only=True)
    job.network.load_state_dict(saved["weights"])
    task = StyleTask(job.materials.encoder, job.recipe, job.materials.style, nullcontext)
    task.weights = saved["losses"]
    return job.network.eval(), task


def faint(photo: Tensor) -> Tensor:
    """Take contrast from a photo, around its mean."""
    mean = photo.mean((2, 3), keepdim=True)
    return mean + FAINT * (photo - mean)


@torch.no_grad()
def evaluate(network: nn.Module, task: StyleTask, photos: list[Tensor]) -> dict[str, float]:
    """Return median losses over photos, and how strong a grid is in what is made of them."""
    rows: list[dict[str, float]] = []
    for photo in photos:
        outputs = {"": network(photo), " of faint photos": network(faint(photo))}
        row = {"grid": grid(to_pixels(outputs[""]))}
        for kind, output in outputs.items():
            terms = {name: term.item() for name, term in task(output, photo).items()}
            row[f"style{kind}"] = sum(term for name, term in terms.items() if name.startswith("style"))
            row[f"content{kind}"] = sum(term for name, term in terms.items() if name.startswith("content"))
        rows.append(row)
    return {name: round(statistics.median(row[name] for row in rows), 4) for name in rows[0]}


def grid(pixels: NDArray[np.float32]) -> float:
    """Return how regular a grid of period 2 or 4 there is in a picture, (H, W, 3) with sides divisible by 4.

    It is the amplitude of the spectrum at the frequencies that only such grids have, over the median
    amplitude around them; about 1 where there is none.
    """
    gray = pixels.mean(2)
    height, width = gray.shape
    window = np.hanning(height)[:, None] * np.hanning(width)
    amplitude = np.abs(np.fft.fft2((gray - gray.mean()) * window))
    ratios = []
    for down in range(4):
        for across in range(4):
            if down or across:
                y, x = down * height // 4, across * width // 4
                rows, columns = (np.arange(at - 6, at + 7) % size for at, size in ((y, height), (x, width)))
                ratios.append(amplitude[y, x] / np.median(amplitude[np.ix_(rows, columns)]))
    return float(np.mean(ratios))


def draw_norms(made: dict[str, nn.Module]) -> NDArray[np.float32]:
    """Draw two photos, and one of them faint, through a network of each normalization."""
    photos = [middle(DATA / name, SIDE) for name in SHOWN]
    photos.append(faint(photos[0]))
    rows = [[Cell(pixels=to_pixels(photo)) for photo in photos]]
    with torch.no_grad():
        rows += [[Cell(pixels=to_pixels(made[norm](photo))) for photo in photos] for norm in get_args(Norm)]
    columns = list(zip(*rows, strict=True))  # networks side by side
    labels = ["photo", *get_args(Norm)]
    return draw_sheet(columns, column_labels=labels, row_labels=["", "", f"contrast x {FAINT}"])


def draw_grids(made: dict[str, nn.Module]) -> NDArray[np.float32]:
    """Draw a part of a photo, five times as large, through a network of each kind of up-sampling."""
    photo = middle(DATA / SHOWN[0], SIDE)
    kinds = get_args(Upsampling)
    with torch.no_grad():
        outputs = [photo, *(made[kind](photo) for kind in kinds)]
    parts = [to_pixels(each)[40:96, 100:160].repeat(5, 0).repeat(5, 1) for each in outputs]
    return draw_sheet([[Cell(pixels=part) for part in parts]], column_labels=["photo", *kinds])


if __name__ == "__main__":
    main()
