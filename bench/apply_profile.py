"""Where the time of a model goes: OpenVINO's own times of each operation, by what the operation is for.

The first runs are not measured; of the rest the median of each operation counts.
The times of the operations add up to less than what a picture takes: between them OpenVINO plans.

    python bench/apply_profile.py MODEL.onnx [--sizes 1280x720 1920x1080] [--runs 21]
"""

import argparse
import json
import statistics
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from impasto.models.files import read_card
from impasto.models.with_openvino import pick_precision
from machine import machine

RESULT = Path(__file__).parent / "results" / "apply_profile.json"

WARM = 3
"""Runs before the first that counts."""

KINDS = {
    "convolutions": {"Convolution"},
    "normalization and ReLU": {"MVN"},
    "reflection around features": {"Pad"},
    "pixels moved or converted": {
        "Concat",
        "Convert",
        "DepthToSpace",
        "Gather",
        "Reorder",
        "Slice",
        "Transpose",
    },
}
"""By the types of OpenVINO's operations; what follows one and is fused with it counts as it does."""


def main() -> None:
    """Measure each size, print shares, write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--sizes", nargs="+", default=["1280x720", "1920x1080"], help="WIDTHxHEIGHT")
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    precision = pick_precision()
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision,
        "PERF_COUNT": True,
    }
    compiled = openvino.Core().compile_model(given.model, "CPU", settings)
    told = {"openvino": openvino.get_version(), "precision": precision, "model": read_card(given.model).name}
    result: dict[str, Any] = {"machine": machine(), **told, "sizes": {}}
    for size in given.sizes:
        width, height = map(int, size.split("x"))
        row = result["sizes"][size] = profile(compiled.create_infer_request(), height, width, given.runs)
        shares = {kind: round(ms / sum(row["by_kind"].values()), 2) for kind, ms in row["by_kind"].items()}
        print(size, f"{row['median_ms']:.1f} ms", shares)
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def profile(request: openvino.InferRequest, height: int, width: int, runs: int) -> dict[str, Any]:
    """Return the median times of a run, of each kind of operation and of each operation, in ms."""
    image = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    whole, parts = [], defaultdict(list)
    for run in range(WARM + runs):
        began = time.perf_counter()
        request.infer([image], share_inputs=True)
        if run >= WARM:
            whole.append(1e3 * (time.perf_counter() - began))
            for each in request.profiling_info:
                parts[f"{each.node_type} {each.node_name}"].append(1e3 * each.real_time.total_seconds())
    medians = {name: statistics.median(times) for name, times in parts.items()}
    kinds: dict[str, float] = defaultdict(float)
    for name, ms in medians.items():
        kinds[kind(name.split()[0])] += ms
    return {
        "median_ms": round(statistics.median(whole), 2),
        "ms": [round(each, 2) for each in whole],
        "by_kind": {name: round(ms, 2) for name, ms in sorted(kinds.items(), key=lambda each: -each[1])},
        "operations": {name: round(ms, 2) for name, ms in medians.items() if ms >= 0.1},
    }


def kind(operation: str) -> str:
    """Return what an operation is for, by its type."""
    return next((kind for kind, types in KINDS.items() if operation in types), "other")


if __name__ == "__main__":
    main()
