"""One contender of upscale.py in a process of its own, perhaps another Python's.

It reads a height and a width from each line of stdin, makes noise of that size larger once, from 8-bit pixels
to 8-bit pixels in memory, and answers with a line of JSON: the seconds, and the most memory that it has held.

    python bench/upscale_worker.py openvino|onnxruntime|pillow|opencv MODEL FACTOR THREADS
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from apply_worker import peak

Call = Callable[[Any], Any]


def network(engine: Any, model: str, threads: int | None) -> tuple[Call, str]:
    """Ours, tile by tile, in one of the engines."""
    from impasto import Upscaler

    upscaler = Upscaler(model, engine=engine, threads=threads)
    return upscaler.frame, f"{engine}, {upscaler.card.name}, {threads or 'all'} threads"


def pillow(factor: int) -> tuple[Call, str]:
    """Pillow's Lanczos filter, which takes one thread."""
    import PIL
    from PIL import Image

    def call(pixels: Any) -> Any:
        size = (factor * pixels.shape[1], factor * pixels.shape[0])
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))

    return call, f"Pillow {PIL.__version__}, Lanczos"


def opencv(factor: int, threads: int | None) -> tuple[Call, str]:
    """OpenCV's bicubic filter."""
    import cv2

    if threads is not None:
        cv2.setNumThreads(threads)
    call = lambda pixels: cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)  # noqa: E731
    return call, f"OpenCV {cv2.__version__}, bicubic, {cv2.getNumThreads()} threads"


def load(name: str, model: str, factor: int, threads: int | None) -> tuple[Call, str]:
    """Return what makes pixels larger, and what it is."""
    if name == "pillow":
        return pillow(factor)
    return opencv(factor, threads) if name == "opencv" else network(name, model, threads)


def main() -> None:
    """Load a contender, say so, and answer until stdin ends."""
    name, model, factor, threads = sys.argv[1:]
    call, about = load(name, model, int(factor), int(threads) or None)
    print(json.dumps({"about": about}), flush=True)
    random = np.random.default_rng(0)
    for line in sys.stdin:
        height, width = map(int, line.split())
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        began = time.perf_counter()
        made = call(pixels)
        seconds = time.perf_counter() - began
        assert made.shape == (int(factor) * height, int(factor) * width, 3), made.shape
        print(json.dumps({"seconds": seconds, "peak_mib": peak()}), flush=True)


if __name__ == "__main__":
    main()
