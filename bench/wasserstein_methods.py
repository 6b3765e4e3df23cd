"""The three ways to the Wasserstein distance: how exact in float32, and how long, on VGG-19's view of photos.

The loss of a style against itself should be zero: its error is given over the style's mean variance. The
gradient of another picture is compared with float64's. Times are of the distance alone, forward and backward.

    python bench/wasserstein_methods.py
"""

import json
import statistics
import time
from pathlib import Path

import skimage
import torch
from torch import Tensor

from impasto.image import fit_size, read_image, resize
from impasto.studio.encoders import load_encoder
from impasto.studio.losses import WassersteinLoss, WassersteinMethod, channel_statistics, wasserstein2
from impasto.studio.pixels import to_tensor
from machine import machine

DATA = Path(skimage.__file__).parent / "data"
RESULT = Path(__file__).parent / "results" / "wasserstein_methods.json"
LAYERS = [f"relu{block}_1" for block in range(1, 6)]
METHODS: tuple[WassersteinMethod, ...] = ("polar", "eigh", "newton-schulz")


def main() -> None:
    """Measure, print the table, and write the raw result."""
    encoder = load_encoder()
    with torch.no_grad():
        styles = encoder(photo(DATA / "coffee.png"), LAYERS)
        others = encoder(photo(DATA / "astronaut.png"), LAYERS)
    rows = []
    for layer in LAYERS:
        for method in METHODS:
            rows.append({"layer": layer, "method": method, **measure(styles[layer], others[layer], method)})
            print(rows[-1], flush=True)
    RESULT.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")


def photo(path: Path, longest: int = 512) -> Tensor:
    """Return one of scikit-image's photos as `(1, 3, H, W)`."""
    picture = read_image(path)
    return to_tensor(resize(picture.pixels, fit_size(picture.size, longest)))


def measure(style: Tensor, other: Tensor, method: WassersteinMethod) -> dict[str, float]:
    """Return errors and the median milliseconds of nine runs of one method at one layer."""
    exact = WassersteinLoss(*channel_statistics(style.double()), method="eigh")
    tried = WassersteinLoss(*channel_statistics(style), method=method)
    variance = float(exact.covariance.diagonal(dim1=1, dim2=2).mean())
    slope, true_slope = gradient(tried, other), gradient(exact, other.double())
    return {
        "channels": style.shape[1],
        "value_at_zero": abs(float(tried(style)) - float(exact(style.double()))) / variance,
        "gradient": float((slope.double() - true_slope).norm() / true_slope.norm()),
        "milliseconds": round(timed(tried, other), 1),
    }


def gradient(loss: WassersteinLoss, features: Tensor) -> Tensor:
    """Return the loss's gradient at a map."""
    leaf = features.clone().requires_grad_()
    (slope,) = torch.autograd.grad(loss(leaf), leaf)
    return slope


def timed(loss: WassersteinLoss, features: Tensor, runs: int = 9) -> float:
    """Return the median milliseconds of the distance with its gradient, from the moments."""
    mean, covariance = channel_statistics(features)
    leaf = (covariance + loss.ridge).requires_grad_()
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        distance = wasserstein2(
            mean, leaf, loss.mean, loss.covariance, method=loss.method, factor_b=loss.factor
        )
        torch.autograd.grad(distance.sum(), leaf)
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


if __name__ == "__main__":
    main()
