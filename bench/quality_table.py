"""The table of brush_quality.py, from its raw result; by itself: python bench/quality_table.py [RESULT]."""

import json
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from judge import Terms, summed

AT = (50, 100, 200, 500)
"""Iterations of L-BFGS that are shown."""

PAIRS = (
    ("paintings", "learned", "code"),
    ("paintings", "learned", "compact"),
    ("paintings", "learned", "lite"),
    ("paintings", "over", "learned"),
    ("paintings", "over", "code"),
    ("paintings", "over", "compact"),
    ("paintings", "over", "lite"),
    ("paintings", "code", "lite"),
    ("unseen", "code", "lite"),
    ("unseen", "eased", "lite"),
)
"""What is compared with what."""

Rows = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Losses by photo, contender and term."""


def report(result: Mapping[str, Any]) -> None:
    """Print means over photos, and what the goals are about."""
    columns = f"{'content':>9} {'style':>9} {'total':>9}"
    for kind in ("paintings", "unseen"):
        for name, known in result.get(kind, {}).items():
            print(f"\n{name:<46} {columns}   ({kind}, {len(known.get('photos', {}))} photos)")
            found = means(known.get("photos", {}))
            for contender, losses in {**found, **optimized(known.get("lbfgs", {}))}.items():
                print(f"  {contender:<44} {line(losses)}")
            for said in compared(found):
                print(f"  {said}")
            for contender in found:
                if (worth := iterations(known, contender)) is not None:
                    print(f"  {contender} is worth {worth} iterations of L-BFGS")
    print()
    for said in goals(result):
        print(said)


def line(losses: Terms) -> str:
    """Return content, style and total in columns."""
    return " ".join(f"{losses[key]:9.4f}" for key in ("content", "style", "total"))


def means(rows: Rows) -> dict[str, Terms]:
    """Return the mean losses of each contender, over the photos that all of them were measured on."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    whole = [row for row in rows.values() if len(row) == len(names)]
    found = {}
    for name in names if whole else []:
        each = [summed(row[name]) for row in whole]
        found[name] = {key: statistics.fmean(losses[key] for losses in each) for key in each[0]}
    return found


def optimized(curves: Mapping[str, Any]) -> dict[str, Terms]:
    """Return the mean losses of L-BFGS after some iterations."""
    found = {}
    for step in AT:
        each = [summed(curve["at"][str(step)]) for curve in curves.values() if str(step) in curve["at"]]
        if each:
            name = f"L-BFGS, {step} iterations, {len(each)} photos"
            found[name] = {key: statistics.fmean(losses[key] for losses in each) for key in each[0]}
    return found


def compared(found: Mapping[str, Terms]) -> list[str]:
    """Return the ratios of losses that say how good a contender is."""
    said = []
    for name, other in dict.fromkeys(pair[1:] for pair in PAIRS):
        if name in found and other in found:
            ratios = [f"{key} {found[name][key] / found[other][key]:.2f}" for key in found[name]]
            said.append(f"{name} / {other}: {', '.join(ratios)}")
    return said


def iterations(known: Mapping[str, Any], contender: str) -> str | None:
    """Return after how many iterations L-BFGS first is as good as a contender: a median over photos."""
    rows, counts, most = known.get("photos", {}), [], 0
    for photo, curve in known.get("lbfgs", {}).items():
        if contender not in rows.get(photo, {}):
            continue
        wanted = summed(rows[photo][contender])["total"]
        reached = (step for step, total in enumerate(curve["total"]) if total <= wanted)
        counts.append(next(reached, float("inf")))
        most = max(most, len(curve["total"]) - 1)
    if not counts:
        return None
    median = statistics.median(counts)
    return f"more than {most}" if median == float("inf") else f"{median:g}"


def goals(result: Mapping[str, Any]) -> list[str]:
    """Return what all paintings come to together."""
    said = []
    for kind, name, other in PAIRS:
        every = [means(known.get("photos", {})) for known in result.get(kind, {}).values()]
        both = [found for found in every if name in found and other in found]
        ratios = [
            f"{key} {sum(each[name][key] for each in both) / sum(each[other][key] for each in both):.3f}"
            for key in (("content", "style", "total") if both else ())
        ]
        if ratios:
            said.append(f"{len(both)} {kind}, {name} / {other}, mean losses: {', '.join(ratios)}")
    return said


if __name__ == "__main__":
    default = Path(__file__).parent / "results" / "brush_quality.json"
    report(json.loads((Path(sys.argv[1]) if len(sys.argv) > 1 else default).read_text()))
