"""Instance normalization and reflection in training, as the networks do them, against torch's own: times.

Forward and backward of the feature maps of `johnson` for four photos of 256 x 256, channels beside each other
in memory, in turns; ratios of medians. Torch's instance normalization rearranges the map before and after;
its reflection widens a map of half precision under autocast, and the convolution narrows it again. And the
sorting of colors, of the loss that asks for a painting's.

    python bench/train_layers.py [--rounds 15]
"""

import json
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.studio.losses.histogram import ascending
from impasto.studio.memory import keep_memory
from impasto.studio.networks.blocks import reflected
from impasto.studio.networks.normalize import EPSILON, instance_norm
from machine import machine
from turns import arguments, in_turns

RESULT = Path(__file__).parent / "results" / "train_layers.json"

Layer = Callable[[Tensor], Tensor]

SHAPES = ((4, 32, 256, 256), (4, 64, 128, 128), (4, 128, 64, 64))
COLORS = (1, 32, 256, 64)
"""Of the colors of these photos, along the directions that their distribution is compared in."""

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def main() -> None:
    """Time all, print ratios, write the raw result."""
    given = arguments(__doc__, RESULT)
    keep_memory()
    result: dict[str, Any] = {"machine": machine(), "threads": torch.get_num_threads(), "rows": []}
    for name, dtype in DTYPES.items():
        for shape in (*SHAPES, COLORS):
            for layer, contenders in layers(shape, dtype).items():
                row = {
                    "layer": layer,
                    "type": name,
                    "shape": shape,
                    **compare(contenders, shape, given.rounds, dtype),
                }
                result["rows"].append(row)
                print(
                    layer,
                    name,
                    shape,
                    f"{row['ours_ms']:.1f} ms, torch's {row['torch_ms']:.1f}: {row['ratio']:.2f}",
                )
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def layers(shape: tuple[int, ...], dtype: torch.dtype) -> dict[str, dict[str, Layer]]:
    """Return the contenders of each layer; a reflection comes with the convolution that it is for."""
    if shape == COLORS:
        return {"sorting": {"ours": ascending, "torch": sort}} if dtype == torch.float32 else {}
    channels = shape[1]
    weight, bias = torch.rand(channels) + 0.5, torch.randn(channels)
    filters = torch.randn(channels, channels, 3, 3).contiguous(memory_format=torch.channels_last) / channels

    def theirs(features: Tensor) -> Tensor:
        return F.conv2d(F.pad(features, (1, 1, 1, 1), mode="reflect"), filters)

    def ours(features: Tensor) -> Tensor:
        return F.conv2d(reflected(features, 1), filters)

    found: dict[str, dict[str, Layer]] = {
        "instance normalization": {
            "ours": partial(instance_norm, weight=weight, bias=bias),
            "torch": partial(F.instance_norm, weight=weight, bias=bias, eps=EPSILON),
        }
    }
    if dtype != torch.float32:
        found["reflection and convolution"] = {"ours": ours, "torch": theirs}
    return found


def sort(features: Tensor) -> Tensor:
    """Sort each channel's values as PyTorch does."""
    return features.flatten(2).sort(2).values


def compare(
    contenders: dict[str, Layer], shape: tuple[int, ...], rounds: int, dtype: torch.dtype
) -> dict[str, Any]:
    """Return the median times of both, in ms, and their ratio."""
    torch.manual_seed(0)
    features, gradient = (
        torch.randn(shape, dtype=dtype).contiguous(memory_format=torch.channels_last) for _ in range(2)
    )

    def both_ways(layer: Layer) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            made = layer(features.detach().requires_grad_())
        made.backward(gradient.reshape(made.shape))  # type: ignore[no-untyped-call]

    taken = in_turns({name: partial(both_ways, layer) for name, layer in contenders.items()}, rounds)
    ours, torchs = (statistics.median(taken[name]) for name in ("ours", "torch"))
    return {"ours_ms": round(ours, 2), "torch_ms": round(torchs, 2), "ratio": round(ours / torchs, 3)}


if __name__ == "__main__":
    main()
