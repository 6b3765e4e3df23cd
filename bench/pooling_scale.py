"""Measures what average and L2 pooling do to the scale of VGG-19's activations on photos, beside max pooling.

For each pooling it finds the factor after each of the four poolings that makes the mean of the next ReLU's
output what max pooling makes it (on half of the photos), and then checks on the other half how far the mean
of it is from that of max pooling: with no factors, with the factors of
crowsonkb/style-transfer-pytorch, with those found here, and with those that impasto ships.
"""

import argparse
import json
import math
import platform
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from impasto.studio.encoders import VGG, Pooling, load_encoder
from impasto.studio.encoders.pooling import POOLING_SCALES, POOLINGS
from photos import read_photos

CROWSONKB: dict[Pooling, tuple[float, ...]] = {"average": (2.0,) * 4, "l2": (0.78,) * 4}
CHECKED = ("relu2_1", "relu3_1", "relu4_1", "relu5_1")


def run_block(encoder: VGG, features: Tensor, block: int, convs: int | None = None) -> list[Tensor]:
    """Outputs of a block's ReLUs (of the first `convs` of them)."""
    names = [name for name in encoder.architecture.conv_names if name.startswith(f"conv{block}_")]
    outputs = []
    for name in names[:convs]:
        features = encoder.convs[name](features).relu_()
        outputs.append(features)
    return outputs


def find_factor(encoder: VGG, pooled: Sequence[Tensor], targets: Sequence[float], block: int) -> float:
    """The factor on `pooled` with which the block's first ReLU has the mean wanted, by fixed-point steps."""
    factor = 1.0
    for _ in range(3):
        means = [run_block(encoder, one * factor, block, 1)[0].mean().item() for one in pooled]
        # geometric mean over photos, so that a bright photo counts as much as a dark one
        factor *= math.exp(float(np.mean([math.log(t / m) for t, m in zip(targets, means, strict=True)])))
    return factor


def calibrate(encoder: VGG, photos: Sequence[Tensor], pooling: Pooling) -> tuple[float, ...]:
    """Factors after the four poolings, found one after the other."""
    reference = [run_block(encoder, encoder.preprocess(photo), 1)[-1] for photo in photos]
    ours = list(reference)
    factors = []
    for block in range(2, 6):
        walked = [run_block(encoder, POOLINGS["max"](one), block) for one in reference]
        targets = [outputs[0].mean().item() for outputs in walked]
        reference = [outputs[-1] for outputs in walked]
        pooled = [POOLINGS[pooling](one) for one in ours]
        factors.append(find_factor(encoder, pooled, targets, block))
        ours = [run_block(encoder, one * factors[-1], block)[-1] for one in pooled]
    return tuple(round(factor, 2) for factor in factors)


def means_after(encoder: VGG, photo: Tensor, pooling: Pooling, factors: Sequence[float]) -> list[float]:
    """Mean of the first ReLU of blocks 2 to 5."""
    features = run_block(encoder, encoder.preprocess(photo), 1)[-1]
    means = []
    for block, factor in enumerate(factors, 2):
        outputs = run_block(encoder, POOLINGS[pooling](features) * factor, block)
        means.append(outputs[0].mean().item())
        features = outputs[-1]
    return means


def ratios(encoder: VGG, photos: Sequence[Tensor], pooling: Pooling, factors: Sequence[float]) -> list[float]:
    """Geometric mean over photos of (mean with this pooling / mean with max pooling), for blocks 2 to 5."""
    plain = (1.0,) * 4
    logs = [
        np.log(means_after(encoder, photo, pooling, factors))
        - np.log(means_after(encoder, photo, "max", plain))
        for photo in photos
    ]
    return [round(float(each), 3) for each in np.exp(np.mean(logs, axis=0))]


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": cpu,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "impasto": metadata.version("impasto"),
    }


def main() -> None:
    """Measure, print a table, write the raw result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG photos")
    parser.add_argument(
        "--count", type=int, default=16, help="photos in all; half to calibrate, half to check"
    )
    parser.add_argument("--weights", default="vgg19-original")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "pooling_scale.json")
    args = parser.parse_args()
    encoder = load_encoder(args.weights)
    photos = read_photos(args.photos, args.count)
    tensors = [photo for _, photo in photos]
    result: dict[str, object] = {
        "machine": machine(),
        "weights": {"name": encoder.weights_name, "sha256": encoder.weights_sha256},
        "calibrated_on": [name for name, _ in photos[::2]],
        "checked_on": [name for name, _ in photos[1::2]],
        "layers": CHECKED,
    }
    print(f"{'pooling':9}{'factors':12}{'':28}" + "".join(f"{layer:>9}" for layer in CHECKED))
    poolings: tuple[Pooling, ...] = ("average", "l2")
    with torch.inference_mode():
        for pooling in poolings:
            found = calibrate(encoder, tensors[::2], pooling)
            tried = {
                "none": (1.0,) * 4,
                "crowsonkb": CROWSONKB[pooling],
                "found": found,
                "impasto": POOLING_SCALES[pooling],
            }
            rows = {}
            for label, factors in tried.items():
                rows[label] = {
                    "factors": factors,
                    "ratio_to_max": ratios(encoder, tensors[1::2], pooling, factors),
                }
                shown = " ".join(f"{factor:.2f}" for factor in factors)
                print(
                    f"{pooling:9}{label:12}{shown:28}"
                    + "".join(f"{r:9.2f}" for r in rows[label]["ratio_to_max"])
                )
            result[pooling] = rows
    args.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
