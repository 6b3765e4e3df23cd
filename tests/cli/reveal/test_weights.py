"""`impasto reveal weights`, run for real on small pictures with the tiny encoder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto.image import read_image

Run = Callable[..., Any]
Refused = Callable[[str, str], None]

TINY = ("--weights", "tiny", "--size", "40", "--iterations", "1")
WEIGHTS = ("reveal", "weights", "photo.png", "dots.png", *TINY)


def test_a_cell_is_what_paint_makes_with_the_same_flags(run: Run, folder: Path) -> None:
    done = run(*WEIGHTS, "--content-weights", "0.5,2", "--style-scales", "1,1.5", "-o", "out.png", "--json")
    assert done.code == 0, done.err
    panels = done.events[-1]["numbers"]["panels"]
    assert [panel["label"] for panel in panels] == [
        "content 0.5 scale 1",
        "content 0.5 scale 1.5",
        "content 2 scale 1",
        "content 2 scale 1.5",
    ]
    same = ("--content-weight", "2", "--style-scale", "1.5")
    assert run("paint", "photo.png", "dots.png", *TINY, *same, "-o", "one.png").code == 0
    assert np.array_equal(read_image(panels[3]["path"]).pixels, read_image("one.png").pixels)
    assert read_image("out.png").size[0] > 3 * 33


def test_nine_cells_when_nothing_is_said(run: Run, folder: Path) -> None:
    done = run(*WEIGHTS, "-o", "out.png")
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 10
    assert len([*Path("out-cells").iterdir()]) == 9


REFUSED = {
    "weights": "PHOTO requires an argument",
    "weights photo.png dots.png -o out.png --content-weights -1": "content_weight",
    "weights photo.png dots.png -o out.png --content-weights 1,x": "content_weights is '1,x'",
    "weights photo.png dots.png -o out.png --style-scales 0": "style_scale is 0",
    "weights photo.png dots.png -o out.png --style-scales 1,1": "each once",
    "weights photo.png none.png -o out.png": "'none.png' does not exist",
}


@pytest.mark.parametrize("command", REFUSED)
def test_what_cannot_be_costs_one_line_and_writes_nothing(command: str, refused: Refused) -> None:
    refused(f"reveal {command}", REFUSED[command])
