"""One run of `impasto learn`, timed, and what its brush and its log say of it."""

import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from impasto.errors import ArtifactError
from impasto.models.files import read_card

ENDS = 20
"""Steps at the beginning and at the end of a log whose mean is the loss before and after."""
STEPS = 50
"""That become one line of a log that is kept."""


def learn(
    painting: Path, brush: Path, flags: Sequence[str], *, resume: bool = False, wanted: str = ""
) -> dict[str, Any]:
    """Run the command, and return what it was, its seconds, and its losses.

    Args:
        painting: What is learned.
        brush: Where it goes.
        flags: All others.
        resume: Go on from a checkpoint that was left, if there is one.
        wanted: What the brush is for, said in a message of failure.
    """
    brush.parent.mkdir(parents=True, exist_ok=True)
    told = ["learn", str(painting), "-o", str(brush), *flags]
    resumed = resume and checkpoint(brush).exists() and not is_complete(brush)
    command = [sys.executable, "-m", "impasto", *told, *(["--resume"] if resumed else [])]
    began = time.perf_counter()
    with brush.with_suffix(".out").open("wb") as out:
        done = subprocess.run(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={"OMP_NUM_THREADS": "1", **os.environ},
            check=False,
        )
    seconds = round(time.perf_counter() - began, 1)
    if done.returncode:
        raise RuntimeError(f"learning {wanted or brush.stem} failed: see {brush.with_suffix('.out').name}")
    run = {"command": shown(told), "seconds": seconds, **found(brush)}
    return {**run, "resumed": True} if resumed else run


def shown(told: Sequence[str]) -> str:
    """Return a command as it is kept: files and folders without where they are on this machine."""
    parts = [word.rpartition("=") for word in told]  # of --flag=FILE, the latter
    return shlex.join(["impasto", *(f"{flag}{mark}{_bare(value)}" for flag, mark, value in parts)])


def checkpoint(brush: Path) -> Path:
    """Return where a run that was stopped can go on from."""
    return brush.with_name(f"{brush.stem}.checkpoint.safetensors")


def is_complete(brush: Path) -> bool:
    """Tell whether there is a brush, whole, of a run that came to its end."""
    try:
        card = read_card(brush)
    except ArtifactError:
        return False
    return "stopped_after" not in card.recipe


def found(brush: Path) -> dict[str, Any]:
    """Return the losses before and after and the steps that made a brush, as far as its files tell."""
    steps = steps_of(brush)
    said = dict(_numbers(dict(read_card(brush).recipe)))
    known: dict[str, Any] = {"bytes": brush.stat().st_size}
    if steps:
        known["iterations"] = steps[-1]["iteration"]
        known["log"] = {"before": _mean(steps[:ENDS]), "after": _mean(steps[-ENDS:])}
        known["losses"] = thinned(steps)
    for when in ("before", "after"):
        losses = {name: value for name, value in said.items() if when in name.lower()}
        if losses:
            known.setdefault("card", {}).update(losses)
    return known


def steps_of(brush: Path) -> list[dict[str, Any]]:
    """Return the steps in the log of a brush."""
    log = brush.with_name(f"{brush.stem}-logs") / "losses.jsonl"
    if not log.exists():
        return []
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.strip()]
    return [line for line in lines if "loss" in line and "iteration" in line]


def thinned(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one line, of means, for so many steps of a log in a row as STEPS says."""
    return [_line(steps[start : start + STEPS]) for start in range(0, len(steps), STEPS)]


def _line(steps: list[dict[str, Any]]) -> dict[str, Any]:
    last = steps[-1]
    terms = {name: statistics.fmean(step["losses"][name] for step in steps) for name in last["losses"]}
    return {
        "iteration": last["iteration"],
        "size": last["size"],
        "seconds": round(last["seconds"]),
        "losses": {name: round(term, 4) for name, term in terms.items()},
    }


def _bare(word: str) -> str:
    return Path(word).name if {"/", os.sep} & set(word) else word


def _mean(steps: list[dict[str, Any]]) -> float:
    return round(statistics.fmean(step["loss"] for step in steps), 4)


def _numbers(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of nested tables, named by their path."""
    for name, value in table.items():
        path = f"{before}{name}"
        if isinstance(value, dict):
            yield from _numbers(value, f"{path}/")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield path, round(value, 5)
