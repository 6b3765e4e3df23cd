"""Times of what is compared, taken in turns, so that what else the machine does falls on all alike."""

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

Name = TypeVar("Name")

WARM = 2
"""Rounds before the first that counts."""


def arguments(description: str | None, result: Path) -> argparse.Namespace:
    """Read the command line of a script that has rounds and a result, and nothing else."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, default=result)
    return parser.parse_args()


def in_turns(
    contenders: Mapping[Name, Callable[[], object]],
    rounds: int,
    *,
    in_a_row: int = 1,
    pause: float = 0.0,
    warm: int = WARM,
) -> dict[Name, list[float]]:
    """Call each contender in each round, and return its times by its name, in ms.

    Args:
        contenders: What is called, by name.
        rounds: Times of each.
        in_a_row: Calls of one before the next has its turn; the fastest of them counts.
        pause: Seconds before each round, in which the machine may change.
        warm: Rounds before the first that counts.
    """
    taken: dict[Name, list[float]] = {name: [] for name in contenders}
    for turn in range(warm + rounds):
        time.sleep(pause)
        for name, call in contenders.items():
            least = min(_timed(call) for _ in range(in_a_row))
            if turn >= warm:
                taken[name].append(least)
    return taken


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - began)
