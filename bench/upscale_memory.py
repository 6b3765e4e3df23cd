"""Peak memory and seconds of `impasto upscale --factor 4` on a photo of 24 megapixels, the whole process.

The photo is a small one laid out in mirrored tiles, 6000 x 4000, as a JPEG. The command runs in a process of
its own for each engine and suffix, on as many cores as this one may use:

    taskset -c 0 python bench/upscale_memory.py PHOTO

The peak is what the system counts, of resident memory: files that are mapped, such as the engine's libraries,
are in it. It is of the largest process; how many processes there were at most is written beside it. Where
others use the machine, too, the processor's seconds say more than the clock's.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import machine

RESULT = Path(__file__).parent / "results" / "upscale_memory.json"
SIZE = (6000, 4000)
"""Width and height of the photo."""

FACTOR = 4
GOAL = 2.0
"""GiB."""

CASES = (("openvino", ".png"), ("onnxruntime", ".png"), ("openvino", ".jpg"))
EVERY = 0.1
"""Seconds between two looks at the processes."""


def main() -> None:
    """Measure all cases, print them, and write the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photo", type=Path)
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--lay-out", type=Path, help="only write the photo, there")
    given = parser.parse_args()
    if given.lay_out:
        lay_out(given.photo, given.lay_out)
        return
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "photo.jpg"
        # Not here: what a process has held when it starts another counts as held by that one, too.
        subprocess.run([sys.executable, __file__, given.photo, "--lay-out", large], check=True)
        runs = [measure(large, engine, suffix) for engine, suffix in CASES]
    result = {
        "machine": machine(),
        "used_cores": len(os.sched_getaffinity(0)),
        "photo": {"name": given.photo.name, "laid_out": f"{SIZE[0]}x{SIZE[1]}"},
        "factor": FACTOR,
        "goal_gib": GOAL,
        "runs": runs,
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def lay_out(photo: Path, large: Path) -> None:
    """Fill a picture with a photo, every second one mirrored, so that there are no edges between them."""
    from PIL import Image, ImageOps

    with Image.open(photo) as image:
        tile = image.convert("RGB")
    made = Image.new("RGB", SIZE)
    for row, top in enumerate(range(0, SIZE[1], tile.height)):
        for column, left in enumerate(range(0, SIZE[0], tile.width)):
            turned = ImageOps.mirror(tile) if column % 2 else tile
            made.paste(ImageOps.flip(turned) if row % 2 else turned, (left, top))
    made.save(large, quality=95)


def measure(photo: Path, engine: str, suffix: str) -> dict[str, Any]:
    """Run the command once, and print and return what it took."""
    out = photo.with_name(f"large{suffix}")
    flags = ["--factor", FACTOR, "--engine", engine, "--max-pixels", FACTOR**2 * SIZE[0] * SIZE[1]]
    command = [sys.executable, "-m", "impasto", "upscale", photo, *flags, "-o", out, "--json"]
    began = time.perf_counter()
    process = subprocess.Popen([str(each) for each in command], stdout=subprocess.PIPE, text=True)
    processes, usage = watch(process.pid)
    seconds, peak = time.perf_counter() - began, usage.ru_maxrss / 2**20
    assert process.stdout is not None
    made = json.loads(process.stdout.readline())
    assert made["size"] == [FACTOR * SIZE[1], FACTOR * SIZE[0]], made
    found = {
        "engine": engine,
        "model": made["record"]["model"]["name"],
        "suffix": suffix,
        "peak_gib": round(peak, 3),
        "processes": processes,
        "seconds": round(seconds, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "seconds_before_writing": round(made["seconds"], 1),
        "file_bytes": out.stat().st_size,
    }
    out.unlink()
    print(f"{engine:<12} {suffix} {peak:6.2f} GiB {seconds:6.0f} s, {seconds - made['seconds']:.0f} to write")
    return found


def watch(process: int) -> tuple[int, resource.struct_rusage]:
    """Wait for a process to end; return how many it and its own were at most, and what they used."""
    tasks = Path(f"/proc/{process}/task")
    most = 1
    while True:
        ended, status, usage = os.wait4(process, os.WNOHANG)
        if ended:
            if status:
                sys.exit(f"the command has ended with {os.waitstatus_to_exitcode(status)}")
            return most, usage
        children = [child for each in tasks.glob("*/children") for child in each.read_text().split()]
        most = max(most, 1 + len(children))
        time.sleep(EVERY)


if __name__ == "__main__":
    main()
