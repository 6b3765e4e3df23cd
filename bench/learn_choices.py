"""What minutes of learning are worth: brushes of some paintings, learned in several ways, on held-out photos.

`encoded`: what the base makes of the painting at sight. `default`: `impasto learn` as it is. `code alone`:
with --code-flags, so that only the code is learned and no filters. `half an hour`: as many iterations as, at
the speed of the default's run, take that long (--minutes). Losses are as of judge.py. The goal: the default
takes less than 5 minutes on two cores, and comes within 10% of half an hour's total. What is done is kept in
the result, and not done again; brushes stay in --out. Half an hour for each painting is long: --long names
those that get it, all when it is left away.

    python bench/split_photos.py PHOTOS SPLIT
    python bench/learn_choices.py SPLIT PAINTING... --base FOLDER --out FOLDER
"""

import argparse
import json
import shlex
import statistics
from pathlib import Path
from typing import Any

from gallery import base_sha256, sha256, using
from impasto import Stylizer
from impasto.studio.memory import keep_memory
from judge import SIZE, WEIGHT, Judge, spread, summed
from learning import is_complete, learn
from machine import machine

RESULT = Path(__file__).parent / "results" / "learn_choices.json"
ENCODED, DEFAULT, CODE, LONG = "encoded", "default", "code alone", "half an hour"


def main() -> None:
    """Learn and measure what is not known yet, and print the table."""
    given = arguments()
    keep_memory()
    result = json.loads(given.result.read_text()) if given.result.exists() else {}
    result["machine"] = machine()
    result["losses"] = {"size": given.size, "style_weight": WEIGHT}
    judge = Judge(size=given.size)
    with using(given.base):
        base = base_sha256()
        if result.setdefault("base", base) != base:
            result.update(base=base, paintings={})
        for painting in given.paintings:
            known = result.setdefault("paintings", {}).setdefault(painting.stem, {})
            ways = [ENCODED, DEFAULT]
            ways += [LONG] if given.long is None or painting.stem in given.long.split(",") else []
            ways += [CODE]
            for way in ways:
                if way not in known:
                    known[way] = attempt(way, painting, known, given, judge)
                    given.result.write_text(json.dumps(result, indent=1) + "\n")
                print(f"{painting.stem}, {way}: {line(known[way])}", flush=True)
    report(result["paintings"])


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path, help="folder with train and test, as split_photos.py makes it")
    parser.add_argument("paintings", type=Path, nargs="+")
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="where brushes go")
    parser.add_argument("--limit", type=int, default=10, help="held-out photos")
    parser.add_argument("--minutes", type=float, default=30, help="of the long run")
    parser.add_argument("--long", help="stems of the paintings that are learned for long, with commas")
    parser.add_argument("--code-flags", default="--rank 0", help="of learn, that learn the code alone")
    parser.add_argument("--flags", default="", help="of learn, for all runs")
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--result", type=Path, default=RESULT)
    return parser.parse_args()


def attempt(
    way: str, painting: Path, known: dict[str, Any], given: argparse.Namespace, judge: Judge
) -> dict[str, Any]:
    """Learn in one way, and measure what came out."""
    if way == ENCODED:
        return measure(painting, painting, given, judge)
    flags = ["--photos", str(given.photos / "train"), "--base", str(given.base), *shlex.split(given.flags)]
    if way == CODE:
        flags += shlex.split(given.code_flags)
    if way == LONG:
        first = known[DEFAULT]["run"]
        flags += ["--iterations", str(round(first["iterations"] * 60 * given.minutes / first["seconds"]))]
    brush = given.out / f"{painting.stem}-{way.replace(' ', '-')}.brush"
    run = learn(painting, brush, flags, resume=way != DEFAULT)  # whose seconds are wanted whole
    assert is_complete(brush), brush
    return {"run": run, "sha256": sha256(brush), **measure(brush, painting, given, judge)}


def measure(style: Path, painting: Path, given: argparse.Namespace, judge: Judge) -> dict[str, Any]:
    """Return the losses of a style on held-out photos: the mean, and each photo's."""
    stylize, target = Stylizer(style), judge.target(painting)
    photos = {}
    for path in spread(given.photos / "test", given.limit):
        levels = judge.read(path)
        losses = summed(judge.measure(stylize.frame(levels), judge.look(levels), target))
        photos[path.name] = {key: round(loss, 5) for key, loss in losses.items()}
    mean = {
        key: round(statistics.fmean(each[key] for each in photos.values()), 5)
        for key in ("content", "style", "total")
    }
    return {"mean": mean, "photos": photos}


def line(found: dict[str, Any]) -> str:
    """Return what one way came to."""
    losses = ", ".join(f"{key} {loss:.4f}" for key, loss in found["mean"].items())
    return f"{losses}; {found['run']['seconds']} s" if "run" in found else losses


def report(paintings: dict[str, Any]) -> None:
    """Print each way's total relative to the default's, and to half an hour's where there is one."""
    for against in (DEFAULT, LONG):
        for way in (ENCODED, DEFAULT, CODE, LONG):
            ratios = [
                known[way]["mean"]["total"] / known[against]["mean"]["total"]
                for known in paintings.values()
                if way in known and against in known
            ]
            if ratios and way != against:
                each = ", ".join(f"{ratio:.3f}" for ratio in ratios)
                print(f"{way}: {statistics.fmean(ratios):.3f} of the total of {against} ({each})")


if __name__ == "__main__":
    main()
