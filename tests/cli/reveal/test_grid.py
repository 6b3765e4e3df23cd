"""`impasto reveal grid`, run for real on small pictures with the tiny encoder."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from impasto.image import read_image

Run = Callable[..., Any]
Refused = Callable[[str, str], None]

SMALL = ("--weights", "tiny", "--size", "24", "--layers", "conv1_1,conv2_1")
COMMAND = ("reveal", "grid", "photo.png", "dots.png", *SMALL)
GRID = (*COMMAND, "--ratios", "1e-3,0.1")


def panels(done: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = done.events[-1]["numbers"]["panels"]
    return found


def labels(done: Any, *, reused: bool) -> list[str]:
    return [panel["label"] for panel in panels(done) if panel["reused"] == reused]


def test_writes_one_sheet_of_all_cells(run: Run, folder: Path) -> None:
    done = run(*GRID, "--iterations", "2", "-o", "out.png")
    assert done.code == 0, done.err
    header, *rows = done.out.splitlines()
    assert header.split() == ["panel", "content", "style"]
    assert [row.split()[:2] for row in rows] == [["a", "0.001"], ["a", "0.1"], ["b", "0.001"], ["b", "0.1"]]
    height, width = read_image("out.png").size
    assert height > 3 * 20
    assert width > 2 * 24


def test_another_ratio_paints_only_that(run: Run, folder: Path) -> None:
    few = ("--iterations", "2", "--json", "-o")
    assert labels(run(*GRID, *few, "out.png"), reused=True) == []
    done = run(*COMMAND, "--ratios", "0.1,1", *few, "out.png")
    assert done.code == 0, done.err
    assert labels(done, reused=True) == ["a 0.1", "b 0.1"]
    assert labels(done, reused=False) == ["a 1", "b 1"]
    elsewhere = run(*GRID, *few, "else.png", "--cells", "out-cells")
    assert labels(elsewhere, reused=False) == []


def test_a_killed_run_goes_on_where_it_was(run: Run, folder: Path) -> None:
    long = (*GRID, "--iterations", "40", "--json", "-o", "out.png")
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen(
        [sys.executable, "-m", "impasto", *long],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **threads},
    )
    assert process.stdout is not None
    seen = (line for line in process.stdout if '"panel": 2' in line and '"event": "panel"' in line)
    next(seen)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not Path("out.png").exists()
    done = run(*long)
    assert done.code == 0, done.err
    assert labels(done, reused=True)[:2] == ["a 0.001", "a 0.1"]
    whole = run(*long, "--cells", "other")
    assert labels(whole, reused=True) == []
    for one, other in zip(panels(done), panels(whole), strict=True):
        assert all(one[name] == other[name] for name in ("label", "content", "style"))
    assert Path("out.png").exists()


REFUSED = {
    "grid": "PHOTO requires an argument",
    "grid photo.png": "PAINTING requires an argument",
    "grid - - -o out.png": "stdin holds one",
    "grid photo.png dots.png": "say where the figure goes",
    "grid photo.png dots.png -o dots.png": "would be overwritten",
    "grid photo.png none.png -o out.png": "'none.png' does not exist",
    "grid photo.png dots.png -o out.png --ratios x": "ratios is 'x'; give numbers",
    "grid photo.png dots.png -o out.png --ratios 0": "ratios has 0",
    "grid photo.png dots.png -o out.png --ratios 1,1": "each once",
    "grid photo.png dots.png -o out.png --weights tiny --layers conv7_1": "no layer 'conv7_1'",
    "grid photo.png dots.png -o out.png --weights tiny --size 7": "at least 16",
    "grid photo.png dots.png -o out.png --weights tiny --cells no/cells": "folder that does not exist",
}


@pytest.mark.parametrize("command", REFUSED)
def test_what_cannot_be_costs_one_line_and_writes_nothing(command: str, refused: Refused) -> None:
    refused(f"reveal {command}", REFUSED[command])
