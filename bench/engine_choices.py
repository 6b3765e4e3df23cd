"""What each choice of the engine gives: the loss reached for the same work, with the choice and without it.

Work is counted in evaluations at the final size, smaller ones by their pixels, so that it does not depend on
how busy the machine is. Two objectives: the peer's own loss (peer.py), built up from plain L-BFGS on pixels;
and the default recipe's, with one choice after another undone.

    python bench/engine_choices.py CONTENT STYLE
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from impasto.image import fit_size, read_image
from impasto.studio.encoders import load_encoder
from impasto.studio.paint import RECIPES, PaintConfig, PaintJob, Recipe
from impasto.studio.paint.pyramid import levels
from machine import machine
from peer import PASTICHE, judge_of

RESULT = Path(__file__).parent / "results" / "engine_choices.json"
WORK = 60.0

PLAIN = replace(PASTICHE, spectrum=0.0, transport=0.0, reach=1.0)
FREQUENCIES = replace(PLAIN, spectrum=0.4)
TRANSPORT = replace(FREQUENCIES, transport=0.5)
DEFAULT = RECIPES["impasto"]
OBJECTIVES: dict[str, dict[str, Recipe]] = {
    "peer": {
        "L-BFGS on pixels": PLAIN,
        "+ frequency weights": FREQUENCIES,
        "+ transport, as heavy as its form": replace(TRANSPORT, transport_weight=1.0),
        "+ transport at a twentieth of that": TRANSPORT,
        "+ a reach of 2": replace(TRANSPORT, reach=2.0),
        "+ coarse to fine": replace(TRANSPORT, reach=2.0, coarsest=128, growth=2.0, effort=0.5),
    },
    "default": {
        "as it is": DEFAULT,
        "one size only": replace(DEFAULT, coarsest=None),
        "a reach of 1": replace(DEFAULT, reach=1.0),
        "a reach of 2": replace(DEFAULT, reach=2.0),
        "in bytes": replace(DEFAULT, unit="byte"),
        "no frequency weights": replace(DEFAULT, spectrum=0.0),
        "started from style-stats": replace(DEFAULT, init="style-stats"),
        "Adam, moments carried, averaged": replace(
            DEFAULT,
            optimizer="adam",
            learning_rate=0.02,
            betas=(0.9, 0.99),
            unit="unit",
            spectrum=0.0,
            average=0.9,
        ),
    },
}


def main() -> None:
    """Run every choice, print the table, and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "size": given.size, "work": WORK}
    result["pictures"] = [given.content.name, given.style.name]
    result["arithmetic"] = arithmetic()
    print(result["arithmetic"])
    for objective, choices in OBJECTIVES.items():
        result[objective] = {}
        for name, recipe in choices.items():
            result[objective][name] = run(given.content, given.style, given.size, recipe)
            print(f"{objective:8} {name:32} {result[objective][name]}", flush=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def run(content: Path, style: Path, size: int, recipe: Recipe) -> dict[str, float]:
    """Return the loss of the picture that a recipe gives for the same work, under the loss it is after."""
    job = PaintJob(content, [style], PaintConfig(size=size), recipe=fitted(recipe, size, content))
    final, work = job.levels[-1], sum(level.cost for level in job.levels) / job.levels[-1].pixels
    for _ in job.events():
        pass
    assert job.stage is not None
    loss = judge_of(job, recipe)(job.stage.end())
    return {"loss": loss, "work": round(work, 1), "evaluations_at_full_size": final.iterations}


def fitted(recipe: Recipe, size: int, content: Path) -> Recipe:
    """Return the recipe with as many iterations as come to the same work."""
    final = fit_size(read_image(content).size, size)
    for iterations in range(1, 200):
        tried = replace(recipe, iterations=iterations)
        if sum(level.cost for level in levels(tried, final, 16)) > WORK * final[0] * final[1]:
            return replace(recipe, iterations=iterations - 1)
    raise SystemExit("no number of iterations comes to the work asked for")


def arithmetic(size: tuple[int, int] = (384, 512), rounds: int = 5) -> dict[str, float]:
    """Return the least seconds of an evaluation with its gradient, by memory format and precision."""
    image = torch.rand(1, 3, *size, requires_grad=True)
    found = {}
    for name, memory, bf16 in (
        ("contiguous fp32", torch.contiguous_format, False),
        ("channels-last fp32", torch.channels_last, False),
        ("channels-last bf16", torch.channels_last, True),
    ):
        encoder = load_encoder()
        encoder.to(memory_format=memory)  # type: ignore[call-overload]

        def evaluate(encoder: Any = encoder, bf16: bool = bf16) -> None:
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                features = encoder(image, ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1"])
            loss = torch.stack([feature.float().square().mean() for feature in features.values()]).sum()
            torch.autograd.grad(loss, image)

        found[name] = round(min(timed(evaluate for _ in range(rounds))), 3)
    return found


def timed(calls: Iterable[Callable[[], None]]) -> Iterable[float]:
    """Yield the seconds of each call."""
    for call in calls:
        began = time.perf_counter()
        call()
        yield time.perf_counter() - began


if __name__ == "__main__":
    main()
