"""How long `impasto --help` takes: whole processes, and the modules of torch that they import (none).

python bench/help_time.py
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import machine

RESULT = Path(__file__).parent / "results" / "help_time.json"
COMMAND = Path(sys.executable).with_name("impasto")
IMPORTED = """
import contextlib, sys
from impasto.cli import main
with contextlib.suppress(SystemExit):
    main(["--help"])
print("torch" in sys.modules, file=sys.stderr)
"""


def main() -> None:
    """Time it, print the median, and write the raw result."""
    seconds = []
    for _ in range(21):
        began = time.perf_counter()
        subprocess.run([COMMAND, "--help"], check=True, capture_output=True)
        seconds.append(round(time.perf_counter() - began, 3))
    done = subprocess.run([sys.executable, "-c", IMPORTED], check=True, capture_output=True, text=True)
    result = {
        "machine": machine(),
        "seconds": seconds,
        "median": statistics.median(seconds),
        "torch_imported": done.stderr.strip() == "True",
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(f"median {result['median']} s, torch imported: {result['torch_imported']}")


if __name__ == "__main__":
    main()
