"""`impasto score superres`: the table, its JSON, and one line for what cannot be measured."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage.data import astronaut, chelsea

from impasto.image import write_image

Run = Callable[..., Any]
Refused = Callable[[str, str], None]
SCORE = ("score", "superres", "x2.onnx", "--weights", "tiny", "--data")


@pytest.fixture(autouse=True)
def pictures(folder: Path, make_upscaler: Callable[..., Path]) -> Path:
    """x2.onnx, which repeats pixels, and a folder with two parts of photos."""
    make_upscaler(folder / "x2.onnx", factor=2, net="repeat")
    place = folder / "set"
    place.mkdir()
    write_image(place / "cat.png", (chelsea()[100:161, 100:180] / 255).astype(np.float32))  # type: ignore[no-untyped-call]
    write_image(place / "face.png", (astronaut()[100:160, 180:260] / 255).astype(np.float32))  # type: ignore[no-untyped-call]
    return place


def test_a_table_of_three_rows(run: Run) -> None:
    done = run(*SCORE, "set", "--factor", "2")
    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert [row[0] for row in rows] == ["PSNR", "model", "bicubic", "nearest"]
    assert rows[1][1:] == rows[3][1:]  # it repeats pixels, as nearest does
    assert float(rows[2][1]) > float(rows[3][1]) + 0.5
    assert done.err == "impasto: means of 2 pictures, x2, bicubic\n"


def test_figures_of_each_picture_as_json(run: Run) -> None:
    done = run(*SCORE, "set", "--json", "--degradation", "blur")
    first, second, mean = done.events
    assert (first["event"], first["name"], first["size"]) == ("picture", "set/cat.png", [60, 80])
    assert (mean["event"], mean["pictures"], mean["degradation"]) == ("mean", 2, "blur")
    for figure in ("psnr", "ssim", "distance"):
        each = [event["scores"]["bicubic"][figure] for event in (first, second)]
        assert mean["scores"]["bicubic"][figure] == pytest.approx(sum(each) / 2)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("score superres", "MODEL"),
        ("score superres x2.onnx", "say which pictures to measure with"),
        ("score superres x2.onnx --data none", "'none' does not exist"),
        ("score superres none.onnx --data set", "none.onnx does not exist"),
        ("score superres x2.onnx --data set --factor 4", "2 times as large, and the factor asked for is 4"),
        ("score superres x2.onnx --data set --degradation jpeg", "jpeg"),
        ("score superres x2.onnx --data set --weights best", "best"),
        ("score superres x2.onnx --data dots --weights tiny", "pixels"),
    ],
)
def test_refusals(command: str, why: str, run: Run, folder: Path) -> None:
    (folder / "dots").mkdir()
    write_image("dots/a.png", np.zeros((12, 12, 3), np.float32))
    done = run(*command.split())
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert why in done.err
