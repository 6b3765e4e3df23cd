"""`impasto reveal style`, run for real on a small painting with the tiny encoder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from impasto.image import read_image

Run = Callable[..., Any]
Refused = Callable[[str, str], None]

TINY = ("--weights", "tiny", "--size", "24", "--iterations", "2")
STYLE = ("reveal", "style", "dots.png", *TINY)


def test_writes_a_texture_for_each_set(run: Run, folder: Path) -> None:
    done = run(*STYLE, "-o", "out.png")
    assert done.code == 0, done.err
    header, *rows = done.out.splitlines()
    assert header.split() == ["panel", "style"]
    assert [row.split()[0] for row in rows] == ["a:", "b:", "c:", "d:", "e:"]
    assert done.err.startswith("impasto: wrote out.png (")
    _, width = read_image("out.png").size
    assert width > 6 * 24
    assert len([*Path("out-cells").iterdir()]) == 5


def test_layers_are_added_in_the_order_given(run: Run, folder: Path) -> None:
    done = run(*STYLE, "-o", "out.png", "--json", "--layers", "relu2_1, relu1_1")
    assert done.code == 0, done.err
    panels = done.events[-1]["numbers"]["panels"]
    assert [panel["label"] for panel in panels] == ["a: relu2_1", "b: + relu1_1"]
    assert done.events[-1]["numbers"]["figure"] == "style"


REFUSED = {
    "style": "PAINTING requires an argument",
    "style none.png -o out.png": "'none.png' does not exist",
    "style dots.png": "say where the figure goes",
    "style dots.png -o dots.png": "would be overwritten",
    "style dots.png -o out.png --weights tiny --layers pool1": "no layer 'pool1'",
    "style dots.png -o out.png --weights tiny --size 8": "at least 16",
    "style dots.png -o out.png --weights tiny --seed -1": "seed is -1",
}


@pytest.mark.parametrize("command", REFUSED)
def test_what_cannot_be_costs_one_line_and_writes_nothing(command: str, refused: Refused) -> None:
    refused(f"reveal {command}", REFUSED[command])
