"""Keep the log of a training whose model is shipped: the command, the card, and losses, mean over 50 steps.

    python bench/training_log.py MODEL.onnx 'impasto train ...'       beside it: MODEL-logs, MODEL-loss.png
    python bench/training_log.py BASE 'impasto train base ...'        the folder of a base

Writes bench/results/trainings/NAME.json and docs/images/NAME-loss.png.
"""

import json
import shutil
import sys
from pathlib import Path

from impasto.models.base_files import ENCODE
from impasto.models.files import read_card
from learning import thinned
from machine import machine

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results" / "trainings"


def main() -> None:
    """Thin the log of one training, and keep its curves."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model, command = Path(sys.argv[1]), sys.argv[2]
    name = model.stem
    with (model.parent / f"{name}-logs" / "losses.jsonl").open() as file:
        lines = [json.loads(line) for line in file]
    steps = [line for line in lines if "loss" in line]
    result = {
        "command": command,
        "machine": machine(),
        "card": read_card(model / ENCODE if model.is_dir() else model).to_dict(),
        "losses": thinned(steps),
        "held_out": [line for line in lines if "held_out" in line],
        "rolled_back": [line for line in lines if "rolled_back_to" in line],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    shutil.copy(model.with_name(f"{name}-loss.png"), ROOT / "docs" / "images" / f"{name}-loss.png")


if __name__ == "__main__":
    main()
