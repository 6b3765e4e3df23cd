"""Learn the brushes that are shipped: every painting of gallery.tsv, by the project's own command.

A brush that is there and whole is not learned again, unless it was learned for another base; one that was
stopped goes on from its checkpoint. Each run is kept in bench/results/trainings/brushes.json: the command,
its seconds, its losses, mean over 50 steps. Flags after -- go to `impasto learn`. With --ship, what has been
learned is copied into the gallery, swatches too, and nothing is learned.

    python bench/learn_gallery.py PAINTINGS PHOTOS OUT [--only NAME,NAME] [--jobs 2] [-- --iterations 500]
    python bench/learn_gallery.py --ship OUT
"""

import argparse
import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from gallery import BRUSHES, Row, base_sha256, read_rows, using
from learning import is_complete, learn
from machine import machine

RESULT = Path(__file__).parent / "results" / "trainings" / "brushes.json"
SWATCHES = BRUSHES.with_name("swatches")
LARGEST = 64 * 1024
"""Bytes that a brush may have."""


def main() -> None:
    """Learn what is missing, or ship what there is."""
    given = arguments()
    rows = read_rows(given.only)
    if given.ship:
        ship(given.ship, rows)
        return
    if given.out is None:
        sys.exit("give PAINTINGS, PHOTOS and OUT; or --ship OUT")
    lock = Lock()
    with using(given.base):
        base = base_sha256()
    with ThreadPoolExecutor(given.jobs) as pool:
        failed = [name for name in pool.map(lambda row: learn_row(row, given, base, lock), rows) if name]
    if failed:
        sys.exit(f"not learned: {', '.join(failed)}")


def arguments() -> argparse.Namespace:
    """Read the command line; what is behind -- is the command's."""
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paintings", type=Path, nargs="?")
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--only", help="names of gallery.tsv, with commas")
    parser.add_argument("--jobs", type=int, default=1, help="brushes at once, each on one core")
    parser.add_argument("--base", type=Path, help="in place of the one in use")
    parser.add_argument("--ship", type=Path, metavar="OUT")
    parser.add_argument("--result", type=Path, default=RESULT)
    given = parser.parse_args(words[:end])
    given.extra = words[end + 1 :]
    return given


def learn_row(row: Row, given: argparse.Namespace, base: str, lock: Lock) -> str | None:
    """Learn one brush, and keep how; return its name if that failed."""
    brush = given.out / f"{row.name}.brush"
    with lock:  # while another run is being written, the file is empty
        known = kept(given.result).get(row.name, {})
    if is_complete(brush) and known.get("base", base) == base:
        print(f"{row.name}: there already", flush=True)
        return None
    flags = ["--photos", str(given.photos), *(["--base", str(given.base)] if given.base else [])]
    flags += ["--style-crop", row.crop] if row.crop else []
    flags += row.flags.split()
    said = [(f"--{each}", getattr(row, each)) for each in ("title", "artist", "year", "rights")]
    about = [word for pair in said for word in pair]
    try:
        run = learn(given.paintings / row.file, brush, [*flags, *about, *given.extra], resume=True)
    except RuntimeError as error:
        print(error, flush=True)
        return row.name
    with lock:
        keep(given.result, row.name, {"base": base, **run, "jobs": given.jobs, "machine": machine()})
    print(f"{row.name}: {run['seconds']} s, {run.get('log')}", flush=True)
    return None


def kept(path: Path) -> dict[str, Any]:
    """Return the runs that are kept, by name."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def keep(path: Path, name: str, run: dict[str, object]) -> None:
    """Put a run among those that are kept."""
    runs = kept(path)
    runs[name] = run
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(sorted(runs.items())), indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def ship(out: Path, rows: list[Row]) -> None:
    """Copy whole brushes into the gallery."""
    BRUSHES.mkdir(exist_ok=True)
    for row in rows:
        brush = out / f"{row.name}.brush"
        if not is_complete(brush):
            print(f"{row.name}: not there, or not whole")
        elif brush.stat().st_size > LARGEST:
            print(f"{row.name}: {brush.stat().st_size} bytes are more than {LARGEST}")
        else:
            shutil.copyfile(brush, BRUSHES / brush.name)
            ship_swatch(brush.with_suffix(".jpg"), row)
            print(f"{row.name}: shipped")


def ship_swatch(swatch: Path, row: Row) -> None:
    """Copy the swatch that `learn` left, and say what it is; one that was made in another way stays."""
    cards = SWATCHES / "cards.toml"
    text = cards.read_text(encoding="utf-8")
    entry = (
        f"[{row.name}]\ntitle = {json.dumps(row.title, ensure_ascii=False)}\n"
        f"artist = {json.dumps(row.artist, ensure_ascii=False)}\n"
        f"year = {json.dumps(row.year, ensure_ascii=False)}\n"
        'rights = "The painting is in the public domain; the swatch is MIT, as the project."\n'
        f'made = "impasto learn PAINTING -o {row.name}.brush: colored noise in the style of the brush"\n'
    )
    if f"[{row.name}]" not in text:
        cards.write_text(f"{text.rstrip()}\n\n{entry}", encoding="utf-8")
    elif entry not in text:
        return
    shutil.copyfile(swatch, SWATCHES / swatch.name)


if __name__ == "__main__":
    main()
