"""The loss network with and without Winograd's convolutions: seconds of an evaluation, and error.

Both ways take turns in one run, and the ratio of each pair is kept. Errors are against float64, relative, in
the deepest map and in the gradient of the picture.

    python bench/winograd.py
"""

import json
import statistics
import time
from pathlib import Path

import torch

from impasto.studio.encoders import VGG, load_encoder
from impasto.studio.encoders import winograd as module
from machine import machine

RESULT = Path(__file__).parent / "results" / "winograd.json"
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")
SIZES = ((171, 256), (341, 512))
LEAST = module.FEWEST_TILES


def main() -> None:
    """Time both, compare both with float64, and write the raw result."""
    result: dict[str, object] = {"machine": machine()}
    encoder = load_encoder(padding="replicate")
    encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for size in SIZES:
        image = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0)).requires_grad_()
        plain, fast = [], []
        for _ in range(13):
            plain.append(timed(encoder, image, 10**9))
            fast.append(timed(encoder, image, LEAST))
        ratios = [a / b for a, b in zip(plain[1:], fast[1:], strict=True)]  # the first of each sets up
        ratio = round(statistics.median(ratios), 3)
        result["x".join(map(str, size))] = {"plain": plain, "winograd": fast, "median_ratio": ratio}
        print(size, "plain over Winograd", ratio, flush=True)
    result["error"] = errors(encoder, image)
    print(result["error"])
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


def timed(encoder: VGG, image: torch.Tensor, least: int) -> float:
    """Return the seconds of one evaluation with its gradient."""
    module.FEWEST_TILES = least
    began = time.perf_counter()
    evaluate(encoder, image)
    return round(time.perf_counter() - began, 3)


def evaluate(encoder: VGG, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the deepest map, and the gradient of the sum of the maps' mean squares."""
    maps = encoder(image, LAYERS)
    loss = torch.stack([each.square().mean() for each in maps.values()]).sum()
    return maps[LAYERS[-1]].detach(), torch.autograd.grad(loss, image)[0]


def errors(encoder: VGG, image: torch.Tensor) -> dict[str, dict[str, float]]:
    """Return each way's relative error against float64."""
    found = {}
    for name, least in (("plain", 10**9), ("winograd", LEAST)):
        module.FEWEST_TILES = least
        found[name] = evaluate(encoder, image)
    exact = evaluate(encoder.double(), image)
    return {
        name: {
            part: float((mine - true).norm() / true.norm())
            for part, mine, true in zip(("map", "gradient"), pair, exact, strict=True)
        }
        for name, pair in found.items()
    }


if __name__ == "__main__":
    main()
