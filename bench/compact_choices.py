"""What the compact network could have been: milliseconds of each choice, in OpenVINO on two threads.

All are exported as they would ship, bytes in and bytes out, with fresh weights, and take turns in one run.

    python bench/compact_choices.py
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.models.artifact import Card
from impasto.models.engine import open_session
from impasto.models.files import read_artifact
from impasto.models.session import Session
from impasto.studio.networks import ARCHITECTURES
from impasto.studio.networks.blocks import LevelShuffle, Squash, convolution, normalized, upsampling
from impasto.studio.networks.compact import Compact
from impasto.studio.networks.frame import crop, mirror, pack, unpack
from impasto.studio.networks.network import StyleNetwork
from impasto.studio.networks.normalize import NORMS
from impasto.studio.train.export import export_onnx
from machine import machine

RESULT = Path(__file__).parent / "results" / "compact_choices.json"
SIZES = ((720, 1280), (1080, 1920))
Padding = Literal["reflect", "zeros"]


class Block(nn.Module):
    """A residual block with one normalization or two."""

    def __init__(self, channels: int, norms: int, padding: Padding) -> None:
        super().__init__()
        first, second = (convolution(channels, channels, 3, padding=padding) for _ in range(2))
        last = NORMS["instance" if norms == 2 else "none"](channels)
        self.convolutions = nn.Sequential(normalized(first, channels, "instance"), second, last)

    def forward(self, features: Tensor) -> Tensor:
        made: Tensor = features + self.convolutions(features)
        return made


class Trial(StyleNetwork):
    """What compact was before it had an eighth and noise: four blocks at a quarter; choices of each part."""

    def __init__(
        self,
        *,
        channels: int = 32,
        norms: int = 1,
        tail: Literal["quarter", "half"] = "quarter",
        padding: Padding = "reflect",
        margin: int = 4,
    ) -> None:
        super().__init__()
        self.margin = margin
        self.side = 4 if tail == "quarter" else 2
        self.first = normalized(convolution(48, channels, 3, padding=padding), channels, "instance")
        self.blocks = nn.Sequential(*(Block(channels, norms, padding) for _ in range(4)))
        half = nn.Sequential(
            upsampling("shuffle", channels, 12, padding="zeros"), nn.ReLU(), LevelShuffle(12, 3, 2)
        )
        self.last = half if tail == "half" else LevelShuffle(channels, 3, 4)
        self.squash = Squash("tanh")

    def arrange(self, image: Tensor) -> Tensor:
        return pack(mirror(image, self.margin, 4), 4)

    def compute(self, arranged: Tensor) -> Tensor:
        made: Tensor = self.squash(self.last(self.blocks(self.first(arranged))))
        return made

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        return crop(unpack(made, self.side), self.margin, height, width)


class Opaque(nn.Module):
    """A network of which the exporter knows nothing: what moves pixels then moves floats."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        made: Tensor = self.network(image)
        return made


def compact(**changes: Any) -> Callable[[], nn.Module]:
    """Return what makes the network itself, with some of its architecture changed."""
    return lambda: Compact(replace(ARCHITECTURES["compact"], **changes))


CHOICES: dict[str, Callable[[], nn.Module]] = {
    "compact": compact(),
    "compact, two blocks, and one at an eighth": compact(blocks=2),
    "compact, six blocks, and three at an eighth": compact(blocks=6),
    "compact, 48 channels, and 72 at an eighth": compact(channels=48),
    "compact, clamp": compact(output="clamp"),
    "compact, floats moved": lambda: Opaque(compact()()),
    "quarter alone": Trial,
    "quarter alone, two norms a block": lambda: Trial(norms=2),
    "quarter alone, 48 channels": lambda: Trial(channels=48),
    "quarter alone, zeros around features, wide margin": lambda: Trial(padding="zeros", margin=16),
    "quarter alone, last convolution at half": lambda: Trial(tail="half"),
}


def main() -> None:
    """Export all, time all in turns, print a table, write the raw result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args()
    rows: dict[str, dict[str, Any]] = {}
    sessions: dict[str, Session] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, make in CHOICES.items():
            torch.manual_seed(0)
            network, path = make(), Path(folder) / "trial.onnx"
            export_onnx(network, Card(name="trial"), path)
            sessions[name] = open_one(path, args.threads)
            rows[name] = {"parameters": sum(each.numel() for each in network.parameters())}
    for size in SIZES:
        label = f"{size[1]}x{size[0]}"
        for name, times in take_turns(sessions, size, args.rounds).items():
            rows[name][label] = {"median_ms": statistics.median(times), "ms": times}
    for name, row in rows.items():
        shown = "".join(f"{row[f'{w}x{h}']['median_ms']:9.1f}" for h, w in SIZES)
        print(f"{name:42}{row['parameters']:9,}{shown}")
    result = {
        "machine": {**machine(), "openvino": version("openvino")},
        "threads": args.threads,
        "precision": next(iter(sessions.values())).precision,
        "choices": rows,
    }
    args.out.write_text(json.dumps(result, indent=1) + "\n")


def open_one(path: Path, threads: int) -> Session:
    """Compile a model for so many threads."""
    return open_session(read_artifact(path), engine="openvino", threads=threads)


def take_turns(sessions: dict[str, Session], size: tuple[int, int], rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds of each, all in turn in each round; the first two rounds set up."""
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    times: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(rounds + 2):
        for name, session in sessions.items():
            times[name].append(timed(session, image))
    return {name: each[2:] for name, each in times.items()}


def timed(session: Session, image: NDArray[np.uint8]) -> float:
    """Return the milliseconds of one picture."""
    began = time.perf_counter()
    session.run(image)
    return round((time.perf_counter() - began) * 1000, 2)


if __name__ == "__main__":
    main()
