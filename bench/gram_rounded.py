"""Gram matrices of bfloat16 maps, with sums that are rounded on the way and without: time, and how far off.

Maps of VGG-19 at its style layers for four photos of 256 x 256, as random numbers (at least 0, channels
of different means), as one map of all four positions after positions, as training pools them.

    python bench/gram_rounded.py [--rounds 15]
"""

import json
import statistics
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.studio.losses import gram_matrix
from impasto.studio.memory import keep_memory
from machine import machine
from turns import arguments, in_turns

RESULT = Path(__file__).parent / "results" / "gram_rounded.json"

SHAPES = ((64, 512, 512), (128, 256, 256), (256, 128, 128), (512, 64, 64))
"""Channels, and sides that make the positions of four photos."""


def main() -> None:
    """Time both, print them, write the raw result."""
    given = arguments(__doc__, RESULT)
    keep_memory()
    torch.manual_seed(0)
    rows = [compare(*shape, given.rounds) for shape in SHAPES]
    for row in rows:
        print(row)
    result = {"machine": machine(), "threads": torch.get_num_threads(), "rows": rows}
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def compare(channels: int, height: int, width: int, rounds: int) -> dict[str, Any]:
    """Return median times in ms, their ratio, and the error by Frobenius norm, for one layer."""
    noise = torch.randn(1, channels, height, width) + torch.randn(1, channels, 1, 1)
    features = noise.relu().bfloat16().contiguous(memory_format=torch.channels_last)
    taken = in_turns(
        {rounded: partial(gram_matrix, features, rounded=rounded) for rounded in (True, False)}, rounds
    )
    exact = gram_matrix(features.double())
    fast, slow = (statistics.median(taken[rounded]) for rounded in (True, False))
    return {
        "channels": channels,
        "positions": height * width,
        "rounded_ms": round(fast, 2),
        "ms": round(slow, 2),
        "ratio": round(fast / slow, 3),
        "rounded_error": off(gram_matrix(features, rounded=True), exact),
        "error": off(gram_matrix(features), exact),
    }


def off(gram: Tensor, exact: Tensor) -> float:
    """Return the distance of a matrix, relative to the norm of the exact one."""
    return float(f"{((gram - exact).norm() / exact.norm()).item():.2g}")


if __name__ == "__main__":
    main()
