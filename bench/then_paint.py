"""How many steps of optimization are left, where it goes on from one pass of a network.

One pass is worth some steps of L-BFGS from white noise (bench/loss_vs_gatys.py, after Johnson et al. 2016,
section 4.1). Here are those from noise, to --steps, and those from the network's picture until it is as good
as the best of them, by the loss that the network was trained for: what `impasto paint --init` after `impasto
apply` may save.

    python bench/then_paint.py PHOTOS great-wave.onnx PAINTING [MODEL PAINTING ...] [--photos 5] [--steps 100]
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from impasto import Stylizer
from impasto.models.files import read_card
from judge import spread
from loss_vs_gatys import make_task, optimize, painted
from machine import machine
from one_photo import worth
from photos import middle

RESULT = Path(__file__).parent / "results" / "then_paint.json"


def main() -> None:
    """Measure photo by photo, print medians, and write the raw result as it grows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", type=Path, nargs="+", help="a model, the painting that it is of, and so on")
    parser.add_argument("--photos", type=int, default=5, help="spread over the names of the folder")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    result: dict[str, Any] = {"size": given.size, "steps": given.steps, "machine": machine(), "models": {}}
    for model, painting in zip(given.models[::2], given.models[1::2], strict=True):
        card = read_card(model)
        task, stylize = make_task(card, painting), Stylizer(model)
        rows: dict[str, Any] = {}
        for path in spread(given.folder, given.photos):
            photo = middle(path, given.size)
            noise, made = (
                [round(each, 4) for each in optimize(task, photo, 0.0, given.steps, start)]
                for start in (None, painted(stylize, photo))
            )
            pass_, left = worth(noise, made[0]), worth(made, min(noise))
            rows[path.name] = {"pass": pass_, "left": left, "from_noise": noise, "from_pass": made}
            result["models"][card.name] = {"photos": rows, **summary(rows)}
            given.out.write_text(json.dumps(result, indent=1) + "\n")
            print(card.name, path.name, pass_, left, min(noise), min(made), flush=True)


def summary(rows: dict[str, Any]) -> dict[str, Any]:
    """Return medians over photos; what was not reached counts as more than any."""
    found = {
        key: statistics.median(float("inf") if row[key] is None else row[key] for row in rows.values())
        for key in ("pass", "left")
    }
    return {key: None if value == float("inf") else value for key, value in found.items()}


if __name__ == "__main__":
    main()
