"""Where the time of a model goes: OpenVINO's own times of each operation, by what the operation is for.

Once with a graph compiled for the size of the picture, and once with one that takes any, in turns. The first
runs are not measured; of the rest the median of each operation counts.

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
        "VariadicSplit",
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
    told = {"openvino": openvino.get_version(), "precision": precision, "model": read_card(given.model).name}
    result: dict[str, Any] = {"machine": machine(), **told, "sizes": {}}
    for size in given.sizes:
        width, height = map(int, size.split("x"))
        row = result["sizes"][size] = profile(given.model, height, width, given.runs)
        for name, found in row["graphs"].items():
            whole = sum(found["by_kind"].values())
            shares = {kind: round(ms / whole, 2) for kind, ms in found["by_kind"].items()}
            print(size, name, f"{found['median_ms']:.1f} ms", shares)
        print(size, f"known over any: {row['median_ratio']:.2f}")
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def profile(path: Path, height: int, width: int, runs: int) -> dict[str, Any]:
    """Return for both graphs the median times of a run and of its operations, in ms, and their ratio."""
    image = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    requests = {"known": request(path, image.shape), "any": request(path, None)}
    whole: dict[str, list[float]] = {name: [] for name in requests}
    parts: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in requests}
    for run in range(WARM + runs):
        for name, each in requests.items():
            began = time.perf_counter()
            each.infer([image], share_inputs=True)
            if run >= WARM:
                whole[name].append(1e3 * (time.perf_counter() - began))
                for operation in each.profiling_info:
                    title = f"{operation.node_type} {operation.node_name}"
                    parts[name][title].append(1e3 * operation.real_time.total_seconds())
    ratios = [known / any_ for known, any_ in zip(whole["known"], whole["any"], strict=True)]
    graphs = {name: summary(whole[name], parts[name]) for name in requests}
    return {"median_ratio": round(statistics.median(ratios), 3), "graphs": graphs}


def request(path: Path, shape: tuple[int, ...] | None) -> openvino.InferRequest:
    """Compile a model, for pictures of one shape or of any."""
    core = openvino.Core()
    model = core.read_model(path)
    if shape is not None:
        model.reshape({"image": list(shape)})
    settings = {
        "INFERENCE_PRECISION_HINT": pick_precision(),
        "PERFORMANCE_HINT": "LATENCY",
        "PERF_COUNT": True,
    }
    return core.compile_model(model, "CPU", settings).create_infer_request()


def summary(whole: list[float], parts: dict[str, list[float]]) -> dict[str, Any]:
    """Return the medians of the runs, of each kind of operation and of each operation."""
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
