"""What keeping freed memory in the process is worth: seconds of a step, page faults, peak.

As it cannot be undone in a process, each way is a process of its own; they take turns.

    python bench/memory.py CONTENT STYLE
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from machine import machine

RESULT = Path(__file__).parent / "results" / "memory.json"
STEPS = 12


def main() -> None:
    """Time both ways in turns, print the medians, and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--way", choices=["kept", "given back"], help="only this one, here")
    given = parser.parse_args()
    if given.way:
        print(json.dumps(measure(given.content, given.style, given.size, keep=given.way == "kept")))
        return
    pairs = [{way: run(way) for way in ("given back", "kept")} for _ in range(given.pairs)]
    ratio = statistics.median(pair["given back"]["step"] / pair["kept"]["step"] for pair in pairs)
    result = {"machine": machine(), "size": given.size, "pairs": pairs, "median_ratio": ratio}
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    for way in ("given back", "kept"):
        peak = max(pair[way]["peak_gib"] for pair in pairs)
        faults = statistics.median(pair[way]["faults"] for pair in pairs)
        print(f"{way}: {faults:.0f} page faults in {STEPS} steps, {peak:.2f} GiB at most")
    print(f"a step, given back over kept: {ratio:.2f}")


def run(way: str) -> dict[str, Any]:
    """Measure one way in a process of its own."""
    command = [sys.executable, *sys.argv, "--way", way]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def measure(content: str, style: str, size: int, *, keep: bool) -> dict[str, float]:
    """Return the median seconds of a step at full size, page faults of all steps, and the peak of memory."""
    from impasto.events import Progress
    from impasto.studio.memory import keep_memory
    from impasto.studio.paint import PaintConfig, PaintJob, Recipe
    from peer import PASTICHE

    if keep:
        keep_memory()
    recipe: Recipe = PASTICHE
    job = PaintJob(content, [style], PaintConfig(size=size, iterations=STEPS + 2), recipe=recipe)
    seconds, faults = [], []
    last = time.perf_counter()
    for event in job.events():
        if isinstance(event, Progress):
            seconds.append(time.perf_counter() - last)
            faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
            last = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "step": statistics.median(seconds[2:]),
        "faults": faults[-1] - faults[1],
        "peak_gib": round(peak, 2),
    }


if __name__ == "__main__":
    main()
